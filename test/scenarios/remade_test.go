package scenarios_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/parquet-go/parquet-go"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// filesOf returns the columns of each file of a followed table of SALES that was written since a time, by key.
func filesOf(t *testing.T, a *harness.Account, o harness.Outputs, table string, since time.Time) map[string][]string {
	t.Helper()
	out, err := a.Objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{
		Bucket: aws.String(o["LakeBucket"]), Prefix: aws.String("cdc/SALES/" + table + "/"),
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, object := range out.Contents {
		if aws.ToTime(object.LastModified).Before(since.Truncate(time.Second)) {
			continue
		}
		read, err := a.Objects.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(o["LakeBucket"]), Key: object.Key})
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(read.Body)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range file.Schema().Columns() {
			found[aws.ToString(object.Key)] = append(found[aws.ToString(object.Key)], column[0])
		}
	}
	return found
}

// wantNoColumn checks that there are files, and that none of them has a column.
func wantNoColumn(t *testing.T, files map[string][]string, column string) {
	t.Helper()
	if len(files) == 0 {
		t.Error("there is no file")
	}
	for key, columns := range files {
		if slices.Contains(columns, column) {
			t.Errorf("%s has the excluded column %s", key, column)
		}
	}
}

// A column is excluded from a followed table, because it is personal. The task is made again from its checkpoint: the column does
// not arrive any more, no change is lost, and the table has diverged until a reload removes the column from the lake.
func TestExcludedColumnStopsArriving(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, cdcOnly(new(true)))
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		f.customers(1001)
		time.Sleep(batch)
		before := arn(f.task())
		f.edit(func(j *department.Job) { j.Tables[0].Exclude = []string{"C_PHONE"} })
		execution := f.Start(f.outputs["StateMachineArn"], `{"job": "live-customers"}`, 2*time.Minute)
		f.customers(1002) // while the task is made again
		e := f.Await(execution)
		f.want(e, sfntypes.ExecutionStatusFailed)
		if cause := aws.ToString(e.Cause); !strings.Contains(cause, "rows may be missing or wrong") || !strings.Contains(cause, "excluded columns") {
			t.Errorf("the run failed with %q, want it to say that rows are wrong, and why", cause)
		}
		if f.wantStatus("running"); arn(f.task()) == before {
			t.Fatal("the task was resumed: DMS does not apply other columns to it")
		}
		applied := time.Now()
		f.customers(1003)
		time.Sleep(batch)
		wantNoColumn(t, filesOf(t, f.Account, f.outputs, "CUSTOMER", applied), "C_PHONE")
		if _, met := f.Proof(f.outputs, f.db, "cdc", oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); met.Changes != 3 {
			t.Errorf("the lake has %d changes, want 3: none is lost while the task is made again", met.Changes)
		}
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		wantNoColumn(t, filesOf(t, f.Account, f.outputs, "CUSTOMER", time.Time{}), "C_PHONE")
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if r := f.lastOf("SALES.CUSTOMER"); r.Diverged {
			t.Errorf("record %+v, want the table good after the reload", r)
		}
	})
}

// For a full-load-and-cdc job a new task loads all tables again, so the file has to allow it.
func TestExcludedColumnNeedsANewLoad(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before := arn(f.task())
		f.edit(func(j *department.Job) { j.Tables[0].Exclude = []string{"C_PHONE"} })
		e := f.follow()
		f.want(e, sfntypes.ExecutionStatusFailed)
		if cause := aws.ToString(e.Cause); !strings.Contains(cause, "columns") || !strings.Contains(cause, "onReplace: restart") {
			t.Errorf("the run failed with %q, want what changes and how to allow it", cause)
		}
		if f.wantStatus("running"); arn(f.task()) != before {
			t.Fatal("the task was replaced though the file does not allow it")
		}
		f.edit(func(j *department.Job) { j.OnReplace = department.Restart })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		wantNoColumn(t, filesOf(t, f.Account, f.outputs, "CUSTOMER", time.Time{}), "C_PHONE")
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
	})
}

// A deploy says what happens to the task of a table whose columns or filters change, and refuses to load all tables again without
// the word of the file.
func TestDeployOfOtherColumns(t *testing.T) {
	const (
		liveWithout = `  live: {type: full-load-and-cdc, tables: [{table: SALES.CUSTOMER, exclude: [C_PHONE]}]}
`
		tailWithout = `  tail: {type: cdc, tables: [{table: SALES.ORDERS, exclude: [O_COMMENT]}]}
`
	)
	first := synthesize(t, both, "")
	ofTail, ofLive := synthesize(t, live+tailWithout, ""), synthesize(t, liveWithout+tail, "")
	allowed := synthesize(t, strings.Replace(liveWithout, "full-load-and-cdc,", "full-load-and-cdc, onReplace: restart,", 1)+tail, "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		liveBefore, tailBefore := deploy(t, a, first)
		err := a.Update(ofLive.department, ofLive.template)
		if err == nil || !strings.Contains(err.Error(), "the filters or excluded columns of SALES.CUSTOMER change") ||
			!strings.Contains(err.Error(), "all tables are loaded again") {
			t.Errorf("the deploy ended with %v, want it refused", err)
		}
		a.PutManifest(first.department, first.template)
		if err := a.Update(ofTail.department, ofTail.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		liveAfter, tailAfter := follows(t, a, "live"), follows(t, a, "tail")
		if arn(tailAfter) == arn(tailBefore) || aws.ToString(tailAfter.CdcStartPosition) == "" {
			t.Errorf("the task starts from %q, want a new task that starts from the checkpoint", aws.ToString(tailAfter.CdcStartPosition))
		}
		if !started(liveAfter).Equal(started(liveBefore)) {
			t.Error("the task of an unchanged job was started again")
		}
		if err := a.Update(allowed.department, allowed.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		if after := follows(t, a, "live"); arn(after) == arn(liveBefore) {
			t.Error("the task was not replaced though the file allows it")
		}
	})
}

// DMS asks for a restart of a task whose source changes between LogMiner and Binary Reader. The deploy replaces the task, if the
// file allows that.
func TestOtherLogReaderReplacesTasks(t *testing.T) {
	binary := func(jobs string) string {
		return strings.Replace(file(jobs, ""), "database: ORCLPDB1", "database: ORCLPDB1, capture: binary-reader", 1)
	}
	first := synthesize(t, both, "")
	refused, allowed := synthesizeFile(t, binary(both)), synthesizeFile(t, binary(restarting))
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		liveBefore, tailBefore := deploy(t, a, first)
		err := a.Update(refused.department, refused.template)
		if err == nil || !strings.Contains(err.Error(), "binary-reader instead of logminer") {
			t.Errorf("the deploy ended with %v, want it refused", err)
		}
		a.PutManifest(first.department, first.template)
		follows(t, a, "live")
		if err := a.Update(allowed.department, allowed.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		liveAfter, tailAfter := follows(t, a, "live"), follows(t, a, "tail")
		if arn(liveAfter) == arn(liveBefore) || arn(tailAfter) == arn(tailBefore) {
			t.Error("a task was resumed with another reader of the redo log")
		}
	})
}

// The deploy of another log reader fails at its end and is rolled back. The jobs' next runs make tasks for the reader of before.
func TestRollbackOfOtherLogReader(t *testing.T) {
	first := synthesize(t, restarting, "")
	second := synthesizeFile(t, strings.Replace(file(restarting, ""), "database: ORCLPDB1", "database: ORCLPDB1, capture: binary-reader", 1))
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		deploy(t, a, first)
		var deleted atomic.Int32
		a.Gateway.Observe(func(c gateway.Call) {
			if c.Operation == "DeleteReplicationTask" && c.Status < 300 && strings.Contains(c.Principal.ARN, "Preflight") {
				deleted.Add(1)
			}
		})
		broken := strings.Replace(string(second.template), `"rate(1 hour)"`, `"rate(0 hours)"`, 1)
		if err := a.Update(second.department, []byte(broken)); err == nil || !strings.Contains(err.Error(), "SchedulesJob") {
			t.Fatalf("the deploy ended with %v, want it rolled back because of a schedule", err)
		}
		// CloudFormation may restore the endpoints before any other custom resource, so it is the preflight that has to act.
		if n := deleted.Load(); n != 4 {
			t.Errorf("the preflight has deleted %d tasks, want both before the deploy changes the endpoint, and both before the rollback does", n)
		}
		a.PutManifest(first.department, first.template)
		time.Sleep(3 * time.Hour)
		follows(t, a, "live")
		follows(t, a, "tail")
	})
}

// deleteTask stops and deletes the job's task as a person does.
func (f *following) deleteTask() {
	f.t.Helper()
	arn := f.task().ReplicationTaskArn
	if _, err := f.Tasks.StopReplicationTask(f.t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(5 * time.Minute)
	f.deleteStoppedTask()
}

// deleteStoppedTask deletes the stopped task of the job, as a person may.
func (f *following) deleteStoppedTask() {
	f.t.Helper()
	_, err := f.Tasks.DeleteReplicationTask(f.t.Context(), &awsdms.DeleteReplicationTaskInput{
		ReplicationTaskArn: f.task().ReplicationTaskArn,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(10 * time.Minute)
}

// openOldFolder opens an account whose DMS clears folders at the first start of a task, and in which a cdc task has written changes.
// It returns the keys of the files.
func openOldFolder(t *testing.T, db *oracledb.Database, template []byte) (f *following, old []string) {
	t.Helper()
	f = &following{
		testAccount: openWith(t, db, harness.Options{DMS: dms.Options{Clearing: dms.Clears}}), db: db, d: load(t, "sales"),
	}
	cdcOnly(new(true))(job(t, f.d, "live-customers"))
	f.outputs = f.DeployTemplate(f.d, template)
	time.Sleep(30 * time.Minute)
	f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
	for _, key := range []int{1001, 1002} {
		f.customers(key)
		time.Sleep(batch)
	}
	f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
	return f, slices.Sorted(maps.Keys(filesOf(t, f.Account, f.outputs, "CUSTOMER", time.Time{})))
}

// A task is deleted and made again. DMS may not delete what the old one has written, because the role of its endpoint denies it.
func TestNewTaskKeepsFilesOfItsPredecessor(t *testing.T) {
	template, err := harness.Template("sales")
	if err != nil {
		t.Fatal(err)
	}
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f, old := openOldFolder(t, db, template)
		f.deleteTask()
		f.customers(1003)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		now := filesOf(t, f.Account, f.outputs, "CUSTOMER", time.Time{})
		for _, key := range old {
			if _, there := now[key]; !there {
				t.Errorf("%s is deleted", key)
			}
		}
		f.wantEqual("CUSTOMER")
	})
}

// If files of the old task are missing all the same, their table has diverged until it is reloaded.
func TestMissingFilesOfThePredecessorAreNoticed(t *testing.T) {
	template, err := harness.Template("sales")
	if err != nil {
		t.Fatal(err)
	}
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f, old := openOldFolder(t, db, withoutDeny(t, template))
		f.deleteTask()
		f.customers(1003)
		e := f.follow()
		f.want(e, sfntypes.ExecutionStatusFailed)
		if cause := aws.ToString(e.Cause); !strings.Contains(cause, "3 of the 3 files") || !strings.Contains(cause, `"reload": ["SALES.CUSTOMER"]`) {
			t.Errorf("the run failed with %q, want how many of the files %v are missing and how to fix that", cause, old)
		}
		if r := f.lastOf("SALES.CUSTOMER"); !r.Diverged {
			t.Errorf("record %+v, want it diverged", r)
		}
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
	})
}

// withoutDeny returns a template whose roles deny nothing.
func withoutDeny(t *testing.T, template []byte) []byte {
	t.Helper()
	var parsed map[string]any
	if err := json.Unmarshal(template, &parsed); err != nil {
		t.Fatal(err)
	}
	removed := 0
	for _, r := range parsed["Resources"].(map[string]any) {
		one := r.(map[string]any)
		if one["Type"] != "AWS::IAM::Role" {
			continue
		}
		policies, _ := one["Properties"].(map[string]any)["Policies"].([]any)
		for _, p := range policies {
			document := p.(map[string]any)["PolicyDocument"].(map[string]any)
			document["Statement"] = slices.DeleteFunc(document["Statement"].([]any), func(s any) bool {
				deny := s.(map[string]any)["Effect"] == "Deny"
				if deny {
					removed++
				}
				return deny
			})
		}
	}
	if removed == 0 {
		t.Fatal("no role of the template denies anything")
	}
	content, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
