package run

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/records"
)

// Every error of the check function becomes a sentence.
func TestProblemOfCheckResult(t *testing.T) {
	for name, test := range map[string]struct {
		result *CheckResult
		want   string
	}{
		"an output":        {&CheckResult{}, ""},
		"no result":        {nil, "the check function did not answer"},
		"an error":         {&CheckResult{Error: "wrapError", Cause: `{"errorMessage":"no secret","errorType":"wrapError"}`}, "the check function failed: no secret"},
		"a timeout":        {&CheckResult{Error: "States.Timeout"}, "it took longer than its time-out"},
		"a crash":          {&CheckResult{Error: "Runtime.ExitError", Cause: `{"errorMessage":"signal: bus error"}`}, "it crashed: signal: bus error"},
		"no function":      {&CheckResult{Error: "Lambda.ResourceNotFoundException", Cause: "Function not found"}, "it does not exist; deploy the stack again"},
		"an unknown error": {&CheckResult{Error: "Lambda.New", Cause: "what now"}, "what now"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.result.problem(); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The reason has the first of many findings, and says where the others are.
func TestNotReadyNamesTheFirstFindings(t *testing.T) {
	check := &records.Check{Mode: department.CheckRequire, Failed: 1000, Report: "s3://lake/runs/check.json"}
	for i := range maxRecordedFindings {
		check.First = append(check.First, fmt.Sprintf("S.T%d: is not there", i))
	}
	got := notReady(check)
	if !strings.Contains(got, "S.T0: is not there") || !strings.Contains(got, "and 990 more, in s3://lake/runs/check.json") {
		t.Errorf("got %q", got)
	}
	if got := notReady(&records.Check{Warnings: 3}); got != "" {
		t.Errorf("warnings alone: %q, want nothing", got)
	}
}

// A table gets only the plans that its rules ask for. A sentence says so, also when the table gets no plan.
func TestPlansFor(t *testing.T) {
	job := manifest.Job{Tasks: []manifest.Task{{Tables: []manifest.Table{
		{Schema: "S", Name: "BOTH", PlanParallelLoad: true, MeasureLOBs: true},
		{Schema: "S", Name: "SMALL", PlanParallelLoad: true},
		{Schema: "S", Name: "LONG", MeasureLOBs: true},
		{Schema: "S", Name: "NEITHER"},
	}}}}
	plans, sentences := plansFor(job, oracle.Report{
		Parallel: []oracle.Parallel{
			{Table: "S.BOTH", Type: oracle.Ranges, Columns: []string{"K"}, Boundaries: [][]string{{"5"}}, Why: "it has 2 GB"},
			{Table: "S.SMALL", Type: oracle.None, Why: "it has 8 KB"},
			{Table: "S.NEITHER", Type: oracle.PartitionsAuto},
		},
		LOBs: []oracle.LOBSize{
			{Table: "S.BOTH", MaxKB: 64, LongestBytes: 40_000},
			{Table: "S.LONG", Why: "no statistics"},
			{Table: "S.NEITHER", MaxKB: 512},
		},
	})
	want := map[string]manifest.Plan{"S.BOTH": {
		Parallel: &department.Parallel{Type: "ranges", Columns: []string{"K"}, Boundaries: [][]string{{"5"}}}, LOBMaxKB: 64,
	}}
	if diff := cmp.Diff(want, plans); diff != "" {
		t.Errorf("plans (-want +got):\n%s", diff)
	}
	wantSentences := []string{
		"S.BOTH is loaded by 2 ranges of K: it has 2 GB", "S.SMALL is loaded by one thread: it has 8 KB",
		"S.BOTH: LOBs of up to 64 KB; the longest that was found has 40000 bytes",
		"S.LONG: the limit of its LOBs is DMS's default: no statistics",
	}
	if diff := cmp.Diff(wantSentences, sentences); diff != "" {
		t.Errorf("sentences (-want +got):\n%s", diff)
	}
}
