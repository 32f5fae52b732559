package scenarios_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
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

// loadChecked is the department that asks its database.
func loadChecked(t *testing.T) *department.Department {
	t.Helper()
	d, err := department.Load(filepath.Join(harness.Root(), "test/templates/testdata/departments/checked.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// small has tables split that are worth it in no other database.
var small = checkservice.Planning{LargeBytes: 64 << 10, SegmentBytes: 128 << 10}

// document reads a document of a run by its address, s3://BUCKET/KEY.
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

// A run asks before it makes its task, loads large tables in the ranges that it planned, and counts what arrived.
func TestRunIsCheckedPlannedAndVerified(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openWith(t, db, harness.Options{Planning: small})
		outputs := a.Deploy(d)
		var order []string
		a.Gateway.Observe(func(c gateway.Call) {
			if c.Service == "dms" && (c.Operation == "CreateReplicationTask" || c.Operation == "StartReplicationTask") ||
				c.Service == "secretsmanager" {
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
			t.Errorf("the run worked from %s, want a manifest of its own", run.Manifest)
		}
		if first, last := order[0], order[len(order)-1]; first != "GetSecretValue" || last != "GetSecretValue" {
			t.Errorf("calls %v: want the check before the task is made, and the counts after all", order)
		}
		for _, name := range []string{"ORDERS", "LINEITEM", "NATION"} {
			records := a.TableRecords(outputs, "SALES."+name)
			if len(records) != 1 || !records[0].Good || records[0].RowCount == nil || records[0].RowCount.Status != "equal" ||
				records[0].RowCount.Files == nil || *records[0].RowCount.Files != records[0].Rows {
				t.Errorf("records of %s: %+v, want one that is equal to its source", name, records)
			}
		}
		if files := a.files(outputs, "full/SALES/LINEITEM/"); !strings.Contains(strings.Join(files, " "), "SEGMENT2_") {
			t.Errorf("files of LINEITEM: %v, want segments", files)
		}
	})
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

// What fails a job stops its run before any task is made when the file requires the check; else the run goes on, and the
// record has the same.
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
				made := 0
				a.Gateway.Observe(func(c gateway.Call) {
					if c.Operation == "CreateReplicationTask" {
						made++
					}
				})
				e := a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`)
				a.want(e, sfntypes.ExecutionStatusFailed)
				run := a.lastRun(outputs, "nightly")
				if run.Check == nil || run.Check.Failed == 0 || !strings.Contains(strings.Join(run.Check.First, " "), "SALES.INVOICE") {
					t.Fatalf("the check in the record: %+v, want what is wrong with SALES.INVOICE", run.Check)
				}
				if mode == department.CheckRequire {
					if aws.ToString(e.Error) != "NotReady" || !strings.Contains(run.Reason, "SALES.INVOICE") || made != 0 {
						t.Errorf("error %s, reason %s, %d tasks made; want NotReady, the table, none", aws.ToString(e.Error), run.Reason, made)
					}
				} else if run.Outcome != "PARTIAL" || made == 0 {
					t.Errorf("outcome %s, %d tasks made; want the tables that are there", run.Outcome, made)
				}
				if held := a.Lease(outputs, "nightly"); held != (records.Holder{}) {
					t.Errorf("lease is still held by %s", held)
				}
			})
		})
	}
}

// A database that cannot be asked is a sentence in the record.
func TestCheckThatCannotBeMade(t *testing.T) {
	for _, mode := range []string{department.CheckRequire, department.CheckReport} {
		t.Run(mode, func(t *testing.T) {
			db, d := sample(t), loadChecked(t)
			d.Source.Check = mode
			synctest.Test(t, func(t *testing.T) {
				a := openAccount(t, db)
				outputs := a.Deploy(d)
				a.unreachable = "secretsmanager" // for the functions; DMS reads the secret by another way
				e := a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`)
				run := a.lastRun(outputs, "nightly")
				if run.Check == nil || !strings.Contains(run.Check.Problem, "i/o timeout") {
					t.Fatalf("the check in the record: %+v, want why it could not be made", run.Check)
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

// A job that follows changes asks when its task is made and when it is changed, and not every hour.
func TestFollowingIsCheckedWhenItChanges(t *testing.T) {
	d := loadChecked(t)
	db := writable(t)
	d.Source.Check = department.CheckReport
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		// asked runs the job and counts the runs that asked, those of the schedule among them.
		asked := func() (count int) {
			a.RunAfterOthers(machine, `{"job": "live"}`)
			for _, run := range a.RunRecords(outputs, "live") {
				if run.Check != nil && run.Check.Queries > 0 {
					count++
				}
			}
			return count
		}
		time.Sleep(3 * time.Hour)
		if got := asked(); got != 1 {
			t.Errorf("%d runs asked, want the one that made the task", got)
		}
		live := job(t, d, "live")
		live.Tables = append(live.Tables, department.Table{Schema: "SALES", Name: "SUPPLIER"})
		template, err := harness.Template(d.Name)
		if err != nil {
			t.Fatal(err)
		}
		a.PutManifest(d, template)
		time.Sleep(3 * time.Hour)
		if got := asked(); got != 2 {
			t.Errorf("%d runs asked, want also the one that changed the task", got)
		}
	})
}

// Rows that do not arrive are noticed, whatever DMS says of the table.
func TestCountThatDiffers(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.falsify = func(r *http.Request, answer *http.Response) {
			if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeTableStatistics") {
				return
			}
			content, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Error(err)
			}
			content = bytes.ReplaceAll(content, []byte(`"FullLoadRows":25,`), []byte(`"FullLoadRows":24,`)) // of NATION
			answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		}
		e := a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if run := a.lastRun(outputs, "nightly"); run.Outcome != "PARTIAL" || !strings.Contains(run.Reason, "SALES.NATION: differs from its source") {
			t.Errorf("outcome %s, reason %q; want PARTIAL for NATION", run.Outcome, run.Reason)
		}
		words := map[string]string{}
		for _, name := range []string{"ORDERS", "LINEITEM", "NATION"} {
			for _, r := range a.TableRecords(outputs, "SALES."+name) {
				words[name] = r.RowCount.Status
			}
		}
		if diff := cmp.Diff(map[string]string{"ORDERS": "equal", "LINEITEM": "equal", "NATION": "differing"}, words); diff != "" {
			t.Errorf("arrivals (-want +got):\n%s", diff)
		}
	})
}

// A file that is not in the lake is noticed, whatever DMS says that it loaded.
func TestLostFileIsNoticed(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		lost := false
		a.Gateway.Observe(func(c gateway.Call) {
			if lost || c.Operation != "DescribeTableStatistics" || c.Trace == "" {
				return
			}
			lost = true
			_, err := a.Objects.DeleteObject(context.Background(), &s3.DeleteObjectInput{
				Bucket: aws.String(outputs["LakeBucket"]), Key: aws.String("full/SALES/NATION/LOAD00000001.parquet"),
			})
			if err != nil {
				t.Error(err)
			}
		})
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusFailed)
		records := a.TableRecords(outputs, "SALES.NATION")
		if len(records) != 1 || records[0].Good || records[0].RowCount == nil || !strings.Contains(records[0].RowCount.Why, "the files have 0 rows") {
			t.Fatalf("records of NATION: %+v, want one that differs by its files", records)
		}
	})
}

// A table that changes while it is loaded proves nothing: that is no failure.
func TestCountOfAChangingTable(t *testing.T) {
	db, d := writable(t), loadChecked(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		written := false
		a.Gateway.Observe(func(c gateway.Call) {
			if written || c.Operation != "StartReplicationTask" || c.Trace == "" {
				return
			}
			written = true
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
