package eventbridge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/eventbridge"
)

// lines returns the lines of a file in testdata, split at " | ". It leaves out empty lines and lines that begin with #.
func lines(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, strings.Split(line, " | "))
		}
	}
	return all
}

func matches(pattern, event string) string {
	matched, err := eventbridge.Matches(pattern, event)
	switch {
	case err != nil:
		return err.Error()
	case matched:
		return "yes"
	}
	return "no"
}

func TestPatterns(t *testing.T) {
	for _, line := range lines(t, "patterns.txt") {
		if got, want := matches(line[0], line[1]), line[2]; got != want {
			t.Errorf("pattern %s, event %s: got %s, want %s", line[0], line[1], got, want)
		}
	}
}

// An event matches the pattern that has each of its values in an array. With another value in one place, it does not
// match.
func TestEventMatchesItsOwnValues(t *testing.T) {
	name := rapid.StringMatching(`[a-z-]{1,8}`)
	leaf := rapid.OneOf(
		rapid.String().AsAny(), rapid.Int().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
	)
	rapid.Check(t, func(rt *rapid.T) {
		leaves := 0
		var make func(depth int) (event, pattern map[string]any)
		changed := rapid.IntRange(0, 6).Draw(rt, "changed") // index of the leaf that differs; there may be fewer leaves
		make = func(depth int) (event, pattern map[string]any) {
			event, pattern = map[string]any{}, map[string]any{}
			for _, key := range rapid.SliceOfNDistinct(name, 1, 3, rapid.ID).Draw(rt, "keys") {
				if depth < 2 && rapid.Bool().Draw(rt, "nested") {
					event[key], pattern[key] = make(depth + 1)
					continue
				}
				value := leaf.Draw(rt, "leaf")
				event[key], pattern[key] = value, []any{value}
				if leaves == changed {
					pattern[key] = []any{fmt.Sprint("not ", value)}
				}
				leaves++
			}
			return event, pattern
		}
		event, pattern := make(0)
		e, err := json.Marshal(event)
		if err != nil {
			rt.Fatal(err)
		}
		p, err := json.Marshal(pattern)
		if err != nil {
			rt.Fatal(err)
		}
		want := "yes"
		if changed < leaves {
			want = "no"
		}
		if got := matches(string(p), string(e)); got != want {
			rt.Errorf("pattern %s, event %s: got %s, want %s", p, e, got, want)
		}
	})
}
