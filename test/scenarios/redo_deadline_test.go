package scenarios_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// keepsADay makes a database that has archived its redo log for two days, and keeps the logs of one. Call it in a bubble.
func keepsADay(db *oracledb.Database) {
	db.Archive(oracledb.Archiving{Since: time.Now().Add(-48 * time.Hour), Every: time.Hour, Keep: 24 * time.Hour})
}

// deadline is a job that follows changes of a database that keeps its archived logs for a day.
type deadline struct {
	*testAccount
	db      *oracledb.Database
	d       *department.Department
	outputs harness.Outputs
	keys    int // of the customers that were inserted
}

// openDeadline deploys the department with a check function, and waits for the first runs.
func openDeadline(t *testing.T, db *oracledb.Database, d *department.Department) *deadline {
	t.Helper()
	d.Source.Check = department.CheckReport
	f := &deadline{testAccount: openAccount(t, db), db: db, d: d, keys: 100_000}
	f.outputs = f.Deploy(d)
	f.hours(2)
	return f
}

// hours lets so many hours pass. In each of them a customer is inserted and a run of the schedule looks at the job.
func (f *deadline) hours(n int) {
	f.t.Helper()
	for range n {
		f.keys++
		insert(f.t, f.db, f.keys)
		time.Sleep(time.Hour)
	}
}

// edit changes the job in the manifest, as a deploy does.
func (f *deadline) edit(change func(*department.Job)) {
	f.t.Helper()
	change(job(f.t, f.d, "live"))
	template, err := harness.Template(f.d.Name)
	if err != nil {
		f.t.Fatal(err)
	}
	f.PutManifest(f.d, template)
}

// last is the redo deadline in the record of the job's last run.
func (f *deadline) last() records.RedoDeadline {
	f.t.Helper()
	run := f.lastRun(f.outputs, "live")
	if run.RedoDeadline == nil {
		f.t.Fatalf("the record of the last run has no redo deadline: %+v", run)
	}
	return *run.RedoDeadline
}

// want checks that the last run has found about so many hours.
func (f *deadline) want(when string, hours float64, low bool) {
	f.t.Helper()
	d := f.last()
	if d.Hours == nil || math.Abs(*d.Hours-hours) > 1.1 || d.Low != low || d.AtLeast {
		f.t.Errorf("%s: %s (low %t); want about %g hours, low %t", when, d.Text, d.Low, hours, low)
	}
}

// alerts counts the alerts about the redo deadline.
func (f *deadline) alerts() (n int) {
	for _, m := range f.Alerts(f.outputs["AlertTopicArn"]) {
		if strings.Contains(m.Subject, "live: redo deadline of ") {
			n++
		}
	}
	return n
}

// The record of each run says how long the task may stand still. The time shrinks while the task stands still, and people are told
// once when it is less than the file wants. A task that is resumed in time loses nothing.
func TestRedoDeadlineShrinksWhileTheTaskStandsStill(t *testing.T) {
	d, db := loadChecked(t), writable(t)
	synctest.Test(t, func(t *testing.T) {
		keepsADay(db)
		f := openDeadline(t, db, d)
		f.hours(2)
		f.want("while it runs", 24, false)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.hours(6)
		f.want("after 6 hours", 19, false)
		f.hours(4)
		if n := f.alerts(); n != 0 {
			t.Errorf("%d alerts above the limit, want none", n)
		}
		f.hours(5)
		f.want("after 15 hours", 10, true)
		if n := f.alerts(); n != 1 {
			t.Errorf("%d alerts below the limit of 12 hours, want one", n)
		}
		f.hours(3)
		f.edit(func(j *department.Job) { j.Paused = false })
		f.hours(2)
		f.want("after the task caught up", 24, false)
		if got := f.lastRun(f.outputs, "live"); got.Outcome != "SUCCEEDED" || f.alerts() != 1 {
			t.Errorf("%s: %s, %d alerts; want a success and one alert", got.Outcome, got.Reason, f.alerts())
		}
		lake, met := f.Proof(f.outputs, db, "cdc", oracledb.Table{Schema: "SALES", Name: "CUSTOMER"})
		if !lake.Equal() {
			t.Errorf("%d rows missing, %d too many, from %+v", lake.Missing, lake.Extra, met)
		}
		f.edit(func(j *department.Job) { j.Paused = true })
		f.hours(30)
		if d := f.last(); d.Hours == nil || *d.Hours >= 0 || !strings.Contains(d.Text, "is deleted") {
			t.Errorf("after 30 hours: %s", d.Text)
		}
		if n := f.alerts(); n != 2 {
			t.Errorf("%d alerts, want one more", n)
		}
		f.edit(func(j *department.Job) { j.Paused = false })
		f.hours(2)
		if got := f.lastRun(f.outputs, "live"); got.Outcome == "SUCCEEDED" {
			t.Error("a task whose redo log is deleted goes on")
		}
	})
}

// A transaction that stays open makes the deadline shrink, too: the task must read it from its beginning.
func TestRedoDeadlineOfAnOpenTransaction(t *testing.T) {
	d, db := loadChecked(t), writable(t)
	synctest.Test(t, func(t *testing.T) {
		keepsADay(db)
		f := openDeadline(t, db, d)
		tx := begin(t, db, 99_999)
		f.hours(15)
		f.want("while it is open", 9, true)
		if n := f.alerts(); n != 1 {
			t.Errorf("%d alerts, want one", n)
		}
		tx.Rollback()
		f.hours(2)
		f.want("after its end", 24, false)
	})
}

// A source that has deleted no log yet, or that does not answer, or a department without a check: the record says what is not known,
// nobody is alerted, and no run fails because of it.
func TestRedoDeadlineIsNotKnown(t *testing.T) {
	d, db := loadChecked(t), writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openDeadline(t, db, d)
		f.hours(2)
		if d := f.last(); d.Hours == nil || !d.AtLeast || d.Low || d.Until != nil || !strings.Contains(d.Text, "for at least ") {
			t.Errorf("all logs are there: %s", d.Text)
		}
		f.network.cut("secretsmanager")
		f.hours(3)
		run := f.lastRun(f.outputs, "live")
		if run.Outcome != "SUCCEEDED" || run.RedoDeadline.Hours != nil || !strings.Contains(run.RedoDeadline.Text, "i/o timeout") {
			t.Errorf("a source that does not answer: %s (%s), %+v", run.Outcome, run.Reason, run.RedoDeadline)
		}
		f.network.cut("")
		f.d.Source.Check = department.CheckOff
		f.edit(func(*department.Job) {})
		f.hours(2)
		run = f.lastRun(f.outputs, "live")
		if run.Outcome != "SUCCEEDED" || run.RedoDeadline.Text != "not known how long the task may stand still: the department has no database check" {
			t.Errorf("without a check: %s, %+v", run.Outcome, run.RedoDeadline)
		}
		if n := len(f.Alerts(f.outputs["AlertTopicArn"])); n != 0 {
			t.Errorf("%d alerts, want none", n)
		}
	})
}

// The alert of a run that fails says until when the task must go on. Nobody gets a second message with the same.
func TestFailedRunSaysTheRedoDeadline(t *testing.T) {
	d, db := loadChecked(t), writable(t)
	synctest.Test(t, func(t *testing.T) {
		keepsADay(db)
		f := openDeadline(t, db, d)
		d.Source.RedoDeadlineHours = 100
		f.faults.set(func(faults *faults) { faults.fail = "ORA-12541: TNS:no listener" })
		f.edit(func(j *department.Job) {
			j.Tables = append(j.Tables, department.Table{Schema: "SALES", Name: "SUPPLIER"})
		})
		f.hours(6)
		said := false
		for _, m := range f.Alerts(f.outputs["AlertTopicArn"]) {
			said = said || strings.Contains(m.Subject, "live FAILED") && strings.Contains(m.Text, "Redo log: the task may stand still for ")
		}
		if !said || f.alerts() != 0 {
			t.Errorf("the alert of the failed run says the deadline: %t; %d other alerts, want none", said, f.alerts())
		}
		f.want("of the failed task", 18, true)
		f.testAccount.want(f.Run(f.outputs["StateMachineArn"], `{"job": "live"}`), sfntypes.ExecutionStatusFailed)
	})
}

// A deploy that stops a task says for how long the task may stand still. A deploy is refused, before it stops anything, if its stop
// could last longer.
func TestDeployAndTheRedoDeadline(t *testing.T) {
	const (
		source = "source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none"
		check  = source + ", check: report, driver: go-ora, capture: binary-reader"
	)
	withCheck := func(jobs, other string) version {
		return synthesizeFile(t, strings.Replace(file(jobs, other), source, check, 1))
	}
	first, second := withCheck(live, ""), withCheck(live, "lake: {cdcMaxBatchSeconds: 120}")
	third := withCheck("  live: {type: full-load-and-cdc, tables: [SALES.CUSTOMER, SALES.NATION]}\n", "lake: {cdcMaxBatchSeconds: 120}")
	allowed := withCheck("  live: {type: full-load-and-cdc, onReplace: restart, tables: [SALES.CUSTOMER, SALES.NATION]}\n",
		"lake: {cdcMaxBatchSeconds: 120}")
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		keepsADay(db)
		a := harness.Open(t, db, harness.Options{})
		a.DeployTemplate(first.department, first.template)
		time.Sleep(3 * time.Hour)
		before := follows(t, a, "live")
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		const says = "job live: the deploy stops its task (the definition of an endpoint changes), for at most 2 hours; the task may stand still for 2"
		if said := preflightLog(t, a); !strings.Contains(said, says) {
			t.Errorf("the deploy does not say how long the task may stand still:\n%s", said)
		}
		tx := begin(t, db, 99_999)
		time.Sleep(23*time.Hour + 30*time.Minute)
		running := follows(t, a, "live")
		if !started(running).After(started(before)) {
			t.Error("the deploy did not stop the task")
		}
		for name, v := range map[string]version{"an endpoint": first, "a table": third} {
			err := a.Update(v.department, v.template)
			if err == nil || !strings.Contains(err.Error(), "the source may have deleted the redo log that the task needs: the task may stand still for ") {
				t.Errorf("%s: the deploy ended with %v, want it refused", name, err)
			}
		}
		time.Sleep(10 * time.Minute)
		if after := follows(t, a, "live"); !started(after).Equal(started(running)) {
			t.Error("a refused deploy has stopped the task")
		}
		if err := a.Update(allowed.department, allowed.template); err != nil {
			t.Errorf("a deploy that the file allows: %v", err)
		}
		tx.Rollback()
		time.Sleep(2 * time.Hour) // The next run sees that the transaction has ended.
		if err := a.Update(first.department, first.template); err != nil {
			t.Errorf("after the end of the transaction: %v", err)
		}
	})
}

// preflightLog returns the log of the function that every deploy begins with.
func preflightLog(t *testing.T, a *harness.Account) string {
	t.Helper()
	logs := cloudwatchlogs.NewFromConfig(a.Admin())
	groups, err := logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, group := range groups.LogGroups {
		if !strings.Contains(aws.ToString(group.LogGroupName), "Preflight") {
			continue
		}
		found, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group.LogGroupName})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found.Events {
			said.WriteString(aws.ToString(e.Message) + "\n")
		}
	}
	return said.String()
}
