package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/report"
	"github.com/oralake/oralake/internal/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestDocument(t *testing.T) {
	for name, history := range map[string]operator.History{
		"new": reporttest.New(), "quiet": reporttest.Quiet(), "busy": reporttest.Busy(),
	} {
		t.Run(name, func(t *testing.T) {
			got := write(t, history)
			path := filepath.Join("testdata", name+".golden.html")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(string(want), "\n")); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, h operator.History) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, h); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A report of 1,000 tables and 30 nights is small enough to send, and one of ten times as many tables is not much larger.
func TestSize(t *testing.T) {
	sizes := map[string]int{}
	for name, h := range map[string]operator.History{
		"1,000 tables and 30 nights":  reporttest.Large(1000, 30),
		"10,000 tables and 30 nights": reporttest.Large(10_000, 30),
		"1,000 tables and 90 nights":  reporttest.Large(1000, 90),
		"10 tables and 7 nights":      reporttest.Large(10, 7),
	} {
		sizes[name] = len(write(t, h))
		t.Logf("%s: %d kB", name, (sizes[name]+500)/1000)
	}
	if got := sizes["1,000 tables and 30 nights"]; got > 1_000_000 {
		t.Errorf("1,000 tables and 30 nights: %d bytes, want at most 1 MB", got)
	}
	if got := sizes["10,000 tables and 30 nights"]; got > 2_000_000 {
		t.Errorf("10,000 tables and 30 nights: %d bytes, want at most 2 MB", got)
	}
}

// With 1,000 tables a picture shows each task, unfolds the one that ended last, and has every table of the last night.
func TestManyTables(t *testing.T) {
	document := string(write(t, reporttest.Large(1000, 2)))
	last, earlier, found := strings.Cut(document, "<h2>Earlier nights</h2>")
	if !found {
		t.Fatal("there is no earlier night")
	}
	if n := strings.Count(last, "<span>WAREHOUSE.FACTS_"); n != 1000 {
		t.Errorf("the last night has %d tables, want 1000", n)
	}
	if n := strings.Count(last, `class="row task"`); n != 20 {
		t.Errorf("the last night has %d tasks, want 20", n)
	}
	if n := strings.Count(last, "<details open>"); n != 1 {
		t.Errorf("%d tasks are unfolded, want 1", n)
	}
	if n := strings.Count(last, "38 more tables, of at most "); n != 20 {
		t.Errorf("%d tasks fold 38 tables, want 20", n)
	}
	earlier, _, _ = strings.Cut(earlier, "<h2>")
	if n := strings.Count(earlier, "<span>WAREHOUSE.FACTS_"); n != 60 {
		t.Errorf("the earlier night has %d tables, want the 3 longest of each task", n)
	}
}

// Nothing that a database or AWS says is markup, and nothing in the document comes from elsewhere.
func TestEscapes(t *testing.T) {
	h := reporttest.Busy()
	evil := `<script src="https://example.com/x.js"></script>`
	h.Status.Department = evil
	h.Status.Needs[1].Text, h.Status.Needs[1].Do = evil, evil
	h.Jobs[0].Job, h.Jobs[0].Loads[0].Table, h.Jobs[0].Loads[0].Task = evil, evil, evil
	h.Jobs[1].Troubles[0].Table, h.Jobs[1].Troubles[0].Reason = evil, evil
	document := string(write(t, h))
	if strings.Contains(document, "<script") {
		t.Error("it has a script")
	}
	if n := strings.Count(document, "&lt;script"); n < 8 {
		t.Errorf("it has what was to be escaped %d times, want at least 8", n)
	}
	if strings.Contains(strings.ReplaceAll(document, "&#34;https://example.com", ""), "https:") {
		t.Error("it names an address")
	}
}

// A job of which not all loads were read says so.
func TestLeftOut(t *testing.T) {
	h := reporttest.Quiet()
	h.Jobs[0].TablesFrom = &h.Jobs[0].Runs[2].StartedAt
	want := "daily-orders has too many loads for this report: those of runs before Fri 27 Nov, 04:00 CET are left out."
	if document := string(write(t, h)); !strings.Contains(document, want) {
		t.Errorf("the report lacks %q", want)
	}
}
