package scenarios_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// loadChecked loads the department with a check function.
func loadChecked(t *testing.T) *department.Department {
	t.Helper()
	d, err := department.Load(filepath.Join(harness.Root(), "test/templates/testdata/departments/checked.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// small makes the check split tables that are small.
var small = checkservice.Planning{LargeBytes: 64 << 10, SegmentBytes: 128 << 10}

// document reads a JSON document of a run by its URL, s3://BUCKET/KEY.
func (a *testAccount) document(address string, into any) {
	a.t.Helper()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	out, err := a.Objects.GetObject(a.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		a.t.Fatal(err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *testAccount) lastRun(outputs harness.Outputs, job string) records.Run {
	a.t.Helper()
	runs := a.RunRecords(outputs, job)
	if len(runs) == 0 {
		a.t.Fatalf("job %s has no record", job)
	}
	return runs[len(runs)-1]
}

// A run checks the database before it creates its task, loads large tables in the planned ranges, and counts the rows.
func TestRunIsCheckedPlannedAndVerified(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openWith(t, db, harness.Options{Planning: small})
		outputs := a.Deploy(d)
		var mu sync.Mutex
		var order []string
		a.Gateway.Observe(func(c gateway.Call) {
			if c.Service == "dms" && (c.Operation == "CreateReplicationTask" || c.Operation == "StartReplicationTask") ||
				c.Service == "secretsmanager" || c.Operation == "DescribeCertificates" {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, c.Operation)
			}
		})
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusSucceeded)
		run := a.lastRun(outputs, "nightly")
		check := run.Check
		if check == nil || check.Mode != "require" || check.Driver != "sqlite" || check.Problem != "" || check.Failed != 0 ||
			check.Queries == 0 || check.Queries > 15 {
			t.Fatalf("the check in the record: %+v", check)
		}
		var report checkservice.Answer
		a.document(check.Report, &report)
		if len(report.Parallel) != 2 || report.Queries != check.Queries {
			t.Errorf("the report has %d plans and %d queries, want 2 and %d", len(report.Parallel), report.Queries, check.Queries)
		}
		if got := strings.Join(check.Planned, "\n"); !strings.Contains(got, "SALES.LINEITEM is loaded by ") ||
			!strings.Contains(got, "ranges of L_ORDERKEY") || strings.Contains(got, "SALES.NATION is loaded") {
			t.Errorf("planned: %s", got)
		}
		if !strings.Contains(run.Manifest, "/runs/nightly/") {
			t.Errorf("the run used the manifest %s, want its own one below runs/nightly/", run.Manifest)
		}
		asked := []string{"GetSecretValue", "DescribeCertificates"} // the department has sslMode: verify-ca
		if first, last := order[:2], order[len(order)-2:]; !slices.Equal(first, asked) || !slices.Equal(last, asked) {
			t.Errorf("calls %v: want the check before the task is created, and the counts last", order)
		}
		for _, name := range []string{"ORDERS", "LINEITEM", "NATION"} {
			records := a.TableRecords(outputs, "SALES."+name)
			if len(records) != 1 || !records[0].Good || records[0].RowCount == nil || records[0].RowCount.Status != "equal" ||
				records[0].RowCount.Files == nil || *records[0].RowCount.Files != records[0].Rows {
				t.Errorf("records of %s: %+v, want one that is equal to its source", name, records)
			}
		}
		if files := a.files(outputs, a.folder(outputs, "LINEITEM")); !strings.Contains(strings.Join(files, " "), "SEGMENT2_") {
			t.Errorf("files of LINEITEM: %v, want segments", files)
		}
	})
}

// folder returns the folder of the snapshot of a table that readers see.
func (a *testAccount) folder(outputs harness.Outputs, table string) string {
	current := a.Current(outputs, oracledb.Table{Schema: "SALES", Name: table})
	return strings.TrimPrefix(current.Location, "s3://"+outputs["LakeBucket"]+"/")
}

func (a *testAccount) files(outputs harness.Outputs, folder string) (names []string) {
	a.t.Helper()
	out, err := a.Objects.ListObjectsV2(a.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(outputs["LakeBucket"]), Prefix: &folder})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, o := range out.Contents {
		names = append(names, strings.TrimPrefix(aws.ToString(o.Key), folder))
	}
	return names
}

// When a table is not ready and the file requires the check, the run stops before it creates a task. With check: report
// the run continues. The record has the same findings.
func TestNotReady(t *testing.T) {
	for _, mode := range []string{department.CheckRequire, department.CheckReport} {
		t.Run(mode, func(t *testing.T) {
			db, d := sample(t), loadChecked(t)
			d.Source.Check = mode
			nightly := job(t, d, "nightly")
			nightly.Tables = append(nightly.Tables, department.Table{Schema: "SALES", Name: "INVOICE"})
			synctest.Test(t, func(t *testing.T) {
				a := openAccount(t, db)
				outputs := a.Deploy(d)
				var created atomic.Int32
				a.Gateway.Observe(func(c gateway.Call) {
					if c.Operation == "CreateReplicationTask" {
						created.Add(1)
					}
				})
				e := a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`)
				a.want(e, sfntypes.ExecutionStatusFailed)
				run := a.lastRun(outputs, "nightly")
				if run.Check == nil || run.Check.Failed == 0 || !strings.Contains(strings.Join(run.Check.First, " "), "SALES.INVOICE") {
					t.Fatalf("the check in the record: %+v, want what is wrong with SALES.INVOICE", run.Check)
				}
				if mode == department.CheckRequire {
					if aws.ToString(e.Error) != "NotReady" || !strings.Contains(run.Reason, "SALES.INVOICE") || created.Load() != 0 {
						t.Errorf("error %s, reason %s, %d tasks created; want NotReady, the table, none", aws.ToString(e.Error), run.Reason, created.Load())
					}
				} else if run.Outcome != "PARTIAL" || created.Load() == 0 {
					t.Errorf("outcome %s, %d tasks created; want PARTIAL and a task", run.Outcome, created.Load())
				}
				if held := a.Lease(outputs, "nightly"); held != (records.Holder{}) {
					t.Errorf("lease is still held by %s", held)
				}
			})
		})
	}
}

// When the check function cannot connect, the record says why.
func TestCheckThatCannotConnect(t *testing.T) {
	for _, mode := range []string{department.CheckRequire, department.CheckReport} {
		t.Run(mode, func(t *testing.T) {
			db, d := sample(t), loadChecked(t)
			d.Source.Check = mode
			synctest.Test(t, func(t *testing.T) {
				a := openAccount(t, db)
				outputs := a.Deploy(d)
				a.network.cut("secretsmanager") // for the functions; DMS reads the secret by another path
				e := a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`)
				run := a.lastRun(outputs, "nightly")
				if run.Check == nil || !strings.Contains(run.Check.Problem, "i/o timeout") {
					t.Fatalf("the check in the record: %+v, want why it failed", run.Check)
				}
				if mode == department.CheckRequire {
					a.want(e, sfntypes.ExecutionStatusFailed)
					if !strings.Contains(run.Reason, "the database was not checked") {
						t.Errorf("reason %q", run.Reason)
					}
					return
				}
				a.want(e, sfntypes.ExecutionStatusSucceeded)
				for _, r := range a.TableRecords(outputs, "SALES.ORDERS") {
					if !r.Good || r.RowCount == nil || r.RowCount.Status != "inconclusive" || !strings.Contains(r.RowCount.Why, "i/o timeout") {
						t.Errorf("record of ORDERS: %+v, want a good one whose count is inconclusive", r)
					}
				}
			})
		})
	}
}

// A cdc job checks the database when its task is created and when the task changes, not in every run.
func TestCDCJobIsCheckedWhenItChanges(t *testing.T) {
	d := loadChecked(t)
	db := writable(t)
	d.Source.Check = department.CheckReport
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		// checked runs the job and counts the runs with a check, also those of the schedule.
		checked := func() (count int) {
			a.RunAfterOthers(machine, `{"job": "live"}`)
			for _, run := range a.RunRecords(outputs, "live") {
				if run.Check != nil && run.Check.Queries > 0 {
					count++
				}
			}
			return count
		}
		time.Sleep(3 * time.Hour)
		if got := checked(); got != 1 {
			t.Errorf("%d runs checked the database, want the one that created the task", got)
		}
		live := job(t, d, "live")
		live.Tables = append(live.Tables, department.Table{Schema: "SALES", Name: "SUPPLIER"})
		template, err := harness.Template(d.Name)
		if err != nil {
			t.Fatal(err)
		}
		a.PutManifest(d, template)
		time.Sleep(3 * time.Hour)
		if got := checked(); got != 2 {
			t.Errorf("%d runs checked the database, want also the one that changed the task", got)
		}
	})
}

// A row count that differs from the source fails the table, even when DMS reports the table as loaded.
func TestCountThatDiffers(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.network.change(func(r *http.Request, answer *http.Response) {
			if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeTableStatistics") {
				return
			}
			content, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Error(err)
			}
			content = bytes.ReplaceAll(content, []byte(`"FullLoadRows":25,`), []byte(`"FullLoadRows":24,`)) // of NATION
			answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		})
		e := a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if run := a.lastRun(outputs, "nightly"); run.Outcome != "PARTIAL" || !strings.Contains(run.Reason, "SALES.NATION: its files have 25 rows, and DMS reports that it has loaded 24") {
			t.Errorf("outcome %s, reason %q; want PARTIAL for NATION", run.Outcome, run.Reason)
		}
		statuses := map[string]string{}
		for _, name := range []string{"ORDERS", "LINEITEM", "NATION"} {
			for _, r := range a.TableRecords(outputs, "SALES."+name) {
				statuses[name] = r.RowCount.Status
			}
		}
		if diff := cmp.Diff(map[string]string{"ORDERS": "equal", "LINEITEM": "equal", "NATION": "differing"}, statuses); diff != "" {
			t.Errorf("statuses of the row counts (-want +got):\n%s", diff)
		}
	})
}

// A file that is missing in the lake fails the table, even when DMS reports all rows as loaded.
func TestLostFileFailsTheTable(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		var lost atomic.Bool
		a.Gateway.Observe(func(c gateway.Call) {
			if c.Operation != "DescribeTableStatistics" || c.Trace == "" || lost.Swap(true) {
				return
			}
			for _, name := range a.files(outputs, "full/") {
				if !strings.Contains(name, "/NATION/") {
					continue
				}
				_, err := a.Objects.DeleteObject(context.Background(), &s3.DeleteObjectInput{
					Bucket: aws.String(outputs["LakeBucket"]), Key: aws.String("full/" + name),
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusFailed)
		records := a.TableRecords(outputs, "SALES.NATION")
		if len(records) != 1 || records[0].Good || records[0].RowCount == nil || !strings.Contains(records[0].RowCount.Why, "the files have 0 rows") {
			t.Fatalf("records of NATION: %+v, want one whose files lack rows", records)
		}
	})
}

// When a table changes during its load, its count is inconclusive and the run does not fail.
func TestCountOfAChangingTable(t *testing.T) {
	db, d := writable(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		var written atomic.Bool
		a.Gateway.Observe(func(c gateway.Call) {
			if c.Operation != "StartReplicationTask" || c.Trace == "" || written.Swap(true) {
				return
			}
			err := db.Write(context.Background(), func(tx *oracledb.Tx) error {
				return tx.Exec("DELETE FROM SALES.NATION WHERE N_NATIONKEY = 3")
			})
			if err != nil {
				t.Error(err)
			}
		})
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusSucceeded)
		records := a.TableRecords(outputs, "SALES.NATION")
		if len(records) != 1 || records[0].RowCount == nil || records[0].RowCount.Status == "differing" {
			t.Fatalf("records of NATION: %+v, want one that is equal or inconclusive", records)
		}
	})
}
