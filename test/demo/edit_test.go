package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	emulated "github.com/oralake/oralake/test/aws/dms"
)

// The copy differs from the file only in the list of the job. The file does not change.
func TestAddTable(t *testing.T) {
	from := filepath.Join("..", "..", "departments", "sales.yaml")
	before, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy", "sales.yaml")
	if err := addTable(from, to, "live-customers", "SALES.SUPPLIER"); err != nil {
		t.Fatal(err)
	}
	got, err := department.Load(to)
	if err != nil {
		t.Fatal(err)
	}
	want, err := department.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	for i, job := range want.Jobs {
		if job.Name == "live-customers" {
			want.Jobs[i].Tables = append(job.Tables, department.Table{Schema: "SALES", Name: "SUPPLIER"})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("department (-want +got):\n%s", diff)
	}
	after, err := os.ReadFile(from)
	if err != nil || string(before) != string(after) {
		t.Errorf("the file itself was changed (%v)", err)
	}
	if err := addTable(from, to, "no-such-job", "SALES.SUPPLIER"); err == nil {
		t.Error("a table is added to a job that does not exist")
	}
}

const diffOutput = `$ npx cdk diff -c department=sales
Stack oralake-sales (aws://111122223333/eu-central-1)
Resources
[~] AWS::Lambda::Function Functions/Create/Function FunctionsCreateFunctionB5CE4F9C
 └─ [~] Environment
     └─ [~] .Variables:
         └─ [~] .ORALAKE_MANIFEST_KEY:
             ├─ [-] oralake-sales/e8fb.json
             └─ [+] oralake-sales/135b.json
[~] Custom::OralakeTasks Cleanup/Tasks-live CleanupJoblive
 ├─ [~] Definition
 │   ├─ [-] 976bed93db3a
 │   └─ [+] 524a03548a05
 └─ [~] Tables
     └─ @@ -1,4 +1,4 @@
        [ ] [
        [-]   "SALES.NATION: changes captured by oralake-sales-live-1",
        [+]   "SALES.PART: changes captured by oralake-sales-live-1",
        [ ]   "and no other table"
        [ ] ]
`

func TestDiffSummary(t *testing.T) {
	want := `$ npx cdk diff -c department=sales
[~] Custom::OralakeTasks Cleanup/Tasks-live CleanupJoblive
      [-]   "SALES.NATION: changes captured by oralake-sales-live-1",
      [+]   "SALES.PART: changes captured by oralake-sales-live-1",
(and 16 lines about identifiers and what else belongs to it)`
	if diff := cmp.Diff(want, diffSummary(diffOutput)); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	other := strings.ReplaceAll(diffOutput, "OralakeTasks", "Other")
	if got := diffSummary(other); got != other {
		t.Errorf("the summary of a diff without tables is\n%s", got)
	}
}

func TestGaps(t *testing.T) {
	began := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	h := &captureHistory{}
	for _, e := range []struct {
		second int
		task   string
		kind   emulated.EventKind
	}{
		{0, "a", emulated.TaskRunning},
		{10, "a", emulated.TaskStopping},
		{12, "b", emulated.TaskEnded},
		{15, "a", emulated.TaskEnded},
		{17, "a", emulated.TaskStarting},
		{30, "a", emulated.TaskRunning},
		{33, "b", emulated.TaskRunning},
		{50, "a", emulated.TaskEnded},
		{55, "a", emulated.TaskRunning},
	} {
		h.observe(emulated.Event{
			Kind: e.kind, Time: began.Add(time.Duration(e.second) * time.Second), Task: emulated.Task{ARN: e.task},
		})
	}
	if all, often := h.gaps("a", began); all != 25*time.Second || often != 2 {
		t.Errorf("gaps of a = %s, %d times; want 25s, twice", all, often)
	}
	if all, often := h.gaps("a", began.Add(40*time.Second)); all != 5*time.Second || often != 1 {
		t.Errorf("gaps of a since 40 s = %s, %d times; want 5s, once", all, often)
	}
	if all, often := h.gaps("c", began); all != 0 || often != 0 {
		t.Errorf("gaps of a task that never stopped = %s, %d times", all, often)
	}
}
