package cdcmodel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// mostTries is how many histories shrink runs to find a short one.
const mostTries = 40

// report describes the shortest history found that breaks a guarantee, and how to repeat it.
func report(t *testing.T, o outcome, region string) string {
	t.Helper()
	short := shrink(t, o, region)
	var b strings.Builder
	fmt.Fprintf(&b, "make cdc-histories N=1 SEED=%d", short.history.seed)
	if len(short.history.Steps) < len(newHistory(short.history.seed).Steps) {
		var numbers []string
		for _, s := range short.history.Steps {
			numbers = append(numbers, fmt.Sprint(s.number))
		}
		fmt.Fprintf(&b, " STEPS=%s", strings.Join(numbers, ","))
	}
	h := short.history
	fmt.Fprintf(&b, "\n  %s of %v, checked: %v, from now: %v, backfill: %v, keys only: %v, clearing: %v, rates %v, story in %s",
		h.Type, names(h.Tables), h.Checked, h.Now, inFile(h.Backfill), names(h.KeysOnly), h.Clearing, h.Rates, short.kept(t))
	for _, s := range short.history.Steps {
		fmt.Fprintf(&b, "\n    %v", s)
	}
	for _, o := range h.Open {
		fmt.Fprintf(&b, "\n    %v", o)
	}
	for _, v := range short.violations {
		fmt.Fprintf(&b, "\n  %s: %s", v.kind, v.text)
	}
	return b.String()
}

func inFile(b *bool) string {
	if b == nil {
		return "not in the file"
	}
	return fmt.Sprint(*b)
}

// shrink removes steps while the history still breaks a guarantee: halves, quarters and so on, then single steps.
func shrink(t *testing.T, o outcome, region string) outcome {
	t.Helper()
	tries := 0
	for size := (len(o.history.Steps) + 1) / 2; size > 0; size /= 2 {
		for at := 0; at < len(o.history.Steps) && tries < mostTries; {
			shorter := o.history
			shorter.Steps = slices.Delete(slices.Clone(shorter.Steps), at, min(at+size, len(shorter.Steps)))
			tries++
			if tried := live(t, shorter, region, bug{}); len(tried.violations) > 0 {
				o = tried
			} else {
				at += size
			}
		}
	}
	return o
}
