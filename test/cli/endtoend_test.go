// Package cli_test tests the embedded AWS with the unmodified CDK CLI. The tests of this file run the same code as
// `make local`, on a small source: the CDK CLI, the embedded AWS on a socket, the Lambda bootstraps as processes, and rows
// in Parquet files.
package cli_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/demo"
	"github.com/oralake/oralake/test/harness"
)

// scale is the scale factor of the source of these tests.
const scale = 0.001

func TestDepartmentIsDeployedLoadedAndDestroyed(t *testing.T) {
	needCLI(t)
	dir := t.TempDir()
	report, err := demo.Run(t.Context(), demo.Options{
		Root: harness.Root(), Dir: dir, Department: "sales", Scale: scale, Speed: 1000, Out: t.Output(),
		Document: filepath.Join(dir, "new", "report.html"),
	})
	if err != nil {
		t.Fatal(err)
	}

	wantTaskLogs(t, dir)
	wantDocument(t, filepath.Join(dir, "new", "report.html"))
	retained := map[string]int{}
	for _, kept := range report.AfterDestroy.Retained {
		retained[kept.Type]++
	}
	want := map[string]int{"AWS::S3::Bucket": 1, "AWS::DynamoDB::Table": 1, "AWS::KMS::Key": 1, "AWS::S3::BucketPolicy": 1}
	if diff := cmp.Diff(want, retained); diff != "" {
		t.Errorf("retained resources (-want +got):\n%s", diff)
	}
	var written demo.Report
	content, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &written); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*report, written); diff != "" {
		t.Errorf("report.json (-returned +written):\n%s", diff)
	}
	wantCheck(t, written)
	wantQueried(t, written)
	wantChanges(t, written.CDC)
	tables := map[string]bool{}
	for _, run := range written.Runs {
		if run.DMSCalls == 0 || run.Transitions == 0 {
			t.Errorf("job %s: %d DMS calls and %d transitions, want more than 0", run.Job, run.DMSCalls, run.Transitions)
		}
		for _, table := range run.Tables {
			tables[table.Table] = true
			if table.Arrival != "equal" {
				t.Errorf("%s: its arrival is %q, want equal", table.Table, table.Arrival)
			}
			if split := table.Ranges > 1; split != (table.Table == "SALES.LINEITEM") {
				t.Errorf("%s was loaded in %d ranges, want several of LINEITEM only", table.Table, table.Ranges)
			}
		}
	}
	if len(tables) != 8 {
		t.Errorf("%d tables arrived, want the 8 of TPC-H: %v", len(tables), tables)
	}
	wantDuckDBAgrees(t, dir, slices.Sorted(maps.Keys(tables)), []string{"SALES.CUSTOMER", written.CDC.Redeploy.Added})
}

// wantDocument checks that the HTML report has the jobs and the loads of the demonstration.
func wantDocument(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"jobs are good", "oralake-sales-daily-orders-1", "<span>SALES.LINEITEM</span>", "<h3>live-customers</h3>"} {
		if !strings.Contains(string(content), want) {
			t.Errorf("the HTML report lacks %s", want)
		}
	}
}

// wantCheck checks the report's part on the source check: one table of one job is not ready, and its fix works.
func wantCheck(t *testing.T, r demo.Report) {
	t.Helper()
	if r.Check == nil {
		t.Fatal("the report has no check")
	}
	failed := map[string]int{}
	for _, job := range r.Check.Runs {
		failed[job.Job] = job.Failed
		if job.Queries == 0 || job.Queries > 15 {
			t.Errorf("the check of %s made %d queries, want 1 to 15", job.Job, job.Queries)
		}
	}
	if diff := cmp.Diff(map[string]int{"daily-orders": 0, "daily-parts": 0, "live-customers": 1}, failed); diff != "" {
		t.Errorf("findings that fail a job (-want +got):\n%s", diff)
	}
	want := &demo.FixedTable{
		Table: "SALES.CUSTOMER", Assessment: "oracle-validate-supplemental-logging-for-pk",
		Fix:          `ALTER TABLE "SALES"."CUSTOMER" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
		FailedBefore: 1,
	}
	if diff := cmp.Diff(want, r.Check.Fixed); diff != "" {
		t.Errorf("the table that is not ready (-want +got):\n%s", diff)
	}
	var planned []string
	for _, job := range r.Check.Runs {
		for _, p := range job.Planned {
			planned = append(planned, job.Job+" "+p.Table+" "+p.Type)
		}
	}
	if diff := cmp.Diff([]string{"daily-orders SALES.LINEITEM ranges"}, planned); diff != "" {
		t.Errorf("tables worth splitting (-want +got):\n%s", diff)
	}
}

// wantChanges checks the report's part on the job that replicates changes.
func wantChanges(t *testing.T, r *demo.CDCReport) {
	t.Helper()
	if r == nil {
		t.Fatal("the report has no changes")
	}
	if r.Job != "live-customers" || r.Made == 0 || r.Made != r.Landed {
		t.Errorf("job %s: %d changes were made and %d landed, want live-customers, and the same number", r.Job, r.Made, r.Landed)
	}
	// DMS writes a change to a file within a minute, or after the task is resumed.
	if s := r.CommitToFileSeconds; s.Least <= 0 || s.Median < s.Least || s.Most < s.Median || s.Most < 60 {
		t.Errorf("seconds from commit to file: %+v, want them in order, and 60 or more for the slowest", s)
	}
	if d := r.Redeploy; !d.TaskKept || d.Task == "" || d.NotCapturingSeconds <= 0 {
		t.Errorf("redeploy: %+v, want the same task, with a time without capture", d)
	}
	want := []demo.ComparedTable{{Table: "SALES.CUSTOMER"}, {Table: r.Redeploy.Added}}
	ignoreRows := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Rows" }, cmp.Ignore())
	if diff := cmp.Diff(want, r.Tables, ignoreRows); diff != "" {
		t.Errorf("tables in the lake against the source (-want +got):\n%s", diff)
	}
	for _, table := range r.Tables {
		if table.Rows == 0 {
			t.Errorf("%s was compared without rows", table.Table)
		}
	}
}

// wantQueried checks that a reader that knows only the Data Catalog found all loaded tables with the rows of the source.
func wantQueried(t *testing.T, r demo.Report) {
	t.Helper()
	want := map[string]int64{}
	for _, run := range r.Runs {
		for _, table := range run.Tables {
			want[table.Table] = table.SourceRows
		}
	}
	got := map[string]int64{}
	for _, q := range r.Queried {
		if got[q.Table] = q.Rows; q.Rows == 0 {
			t.Errorf("%s: %s finds no rows", q.Table, q.Query)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows through the catalog (-source +DuckDB):\n%s", diff)
	}
}
