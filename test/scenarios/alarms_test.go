package scenarios_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/cloudwatch"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	local "github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/harness"
)

// alarmed is an account with the department checked, whose template has all kinds of alarms.
type alarmed struct {
	*testAccount
	d        *department.Department
	outputs  harness.Outputs
	instance string
	trouble  *trouble
}

// trouble is what goes wrong outside of DMS.
type trouble struct {
	mu       sync.Mutex
	function local.Fault // of the next call of each function
	hit      map[string]bool
	refuse   string // calls of a service by Scheduler, "states" or "states sqs"
}

func (o *trouble) set(change func(*trouble)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
	o.hit = map[string]bool{}
}

// faults disturbs the first call of each function.
func (o *trouble) faults(c local.FunctionCall) local.Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.function == (local.Fault{}) || o.hit[c.Function] {
		return local.Fault{}
	}
	o.hit[c.Function] = true
	return o.function
}

func (o *trouble) disturb(c gateway.Call) gateway.Disturbance {
	o.mu.Lock()
	defer o.mu.Unlock()
	if strings.Contains(c.Principal.Role, "SchedulesRole") && slices.Contains(strings.Fields(o.refuse), c.Service) {
		return gateway.Disturbance{Refuse: harness.Denied(c)}
	}
	return gateway.Disturbance{}
}

// openAlarmed deploys the department from a template that change has changed.
func openAlarmed(t *testing.T, change func([]byte) []byte) *alarmed {
	t.Helper()
	d, o := loadChecked(t), &trouble{}
	f := &alarmed{testAccount: openWith(t, sample(t), harness.Options{FunctionFaults: o.faults, Disturb: o.disturb}), d: d, trouble: o}
	f.ExpectDenied("states:StartExecution")
	template, err := harness.Template(d.Name)
	if err != nil {
		t.Fatal(err)
	}
	f.outputs = f.DeployTemplate(d, change(template))
	arn := f.outputs["ReplicationInstanceArn"]
	f.instance = identifierOf(t, f, arn)
	return f
}

func identifierOf(t *testing.T, f *alarmed, arn string) string {
	t.Helper()
	out, err := f.Tasks.DescribeReplicationInstances(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range out.ReplicationInstances {
		if aws.ToString(i.ReplicationInstanceArn) == arn {
			return aws.ToString(i.ReplicationInstanceIdentifier)
		}
	}
	t.Fatalf("instance %s does not exist", arn)
	return ""
}

func (f *alarmed) load(l localdms.InstanceLoad) func() {
	return func() { f.DMS.SetLoad(f.instance, &l) }
}

// alarmsIn returns the names of the alarms of a template, metric alarms and composite alarms.
func alarmsIn(template []byte) ([]string, error) {
	var parsed struct {
		Resources map[string]struct {
			Type       string
			Properties struct{ AlarmName any }
		}
	}
	if err := json.Unmarshal(template, &parsed); err != nil {
		return nil, err
	}
	var names []string
	for id, r := range parsed.Resources {
		if r.Type == "AWS::CloudWatch::Alarm" || r.Type == "AWS::CloudWatch::CompositeAlarm" || r.Type == "AWS::CloudWatch::LogAlarm" {
			name, ok := r.Properties.AlarmName.(string)
			if !ok {
				return nil, fmt.Errorf("the alarm %s has no name of its own", id)
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// stopTask stops the task of a job that follows changes, as a person does.
func (f *alarmed) stopTask(job string) {
	f.t.Helper()
	for _, task := range f.TasksOf(harness.StackName(f.d.Name), job) {
		if _, err := f.Tasks.StopReplicationTask(f.t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: task.ReplicationTaskArn}); err != nil {
			f.t.Fatal(err)
		}
	}
	time.Sleep(5 * time.Minute)
}

// untested returns the alarms of a template that no incident makes fire.
func untested(template []byte, stack string) ([]string, error) {
	names, err := alarmsIn(template)
	return slices.DeleteFunc(names, func(name string) bool {
		short := strings.TrimPrefix(name, stack+"-")
		return short == string(department.AlarmDepartment) || slices.ContainsFunc(slices.Collect(maps.Keys(incidents())), func(pattern string) bool {
			return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(short)
		})
	}), err
}

// No alarm is without a test that makes it fire and clear: of no department.
func TestEachAlarmHasAnIncident(t *testing.T) {
	for _, name := range []string{"sales", "finance", "archive", "checked"} {
		template, err := harness.Template(name)
		if err != nil {
			t.Fatal(err)
		}
		left, err := untested(bytes.ReplaceAll(template, []byte("-latency-"+"old-orders"), []byte("-latency-live")), harness.StackName(name))
		if err != nil {
			t.Fatal(err)
		}
		// The alarms of jobs are alike, and the department checked has jobs of both kinds.
		left = slices.DeleteFunc(left, func(name string) bool { return strings.Contains(name, "-latency-") })
		if len(left) > 0 {
			t.Errorf("no test makes these alarms of %s fire: %v", name, left)
		}
	}
	planted, err := harness.Template("checked")
	if err != nil {
		t.Fatal(err)
	}
	planted = bytes.Replace(planted, []byte(`"AlarmName": "oralake-checked-cpu"`), []byte(`"AlarmName": "oralake-checked-temperature"`), 1)
	left, err := untested(planted, "oralake-checked")
	if err != nil || !slices.Equal(left, []string{"oralake-checked-temperature"}) {
		t.Errorf("an alarm without a test: got %v, %v", left, err)
	}
}

// firing returns the alarms that fire now.
func (f *alarmed) firing() (names []string) {
	template, err := harness.Template(f.d.Name)
	if err != nil {
		f.t.Fatal(err)
	}
	all, err := alarmsIn(template)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, name := range all {
		if state, ok := f.Metrics.State(name); !ok {
			f.t.Errorf("the alarm %s does not exist", name)
		} else if state == cloudwatch.StateAlarm {
			names = append(names, strings.TrimPrefix(name, "oralake-checked-"))
		}
	}
	return names
}

// await lets time pass until ok, a minute at a time. It reports whether that was within a time.
func await(within time.Duration, ok func() bool) bool {
	for end := time.Now().Add(max(within, 10*time.Minute)); ; time.Sleep(time.Minute) {
		switch {
		case ok():
			return true
		case time.Now().After(end):
			return false
		}
	}
}

// shortRuns gives executions of a template a limit of four hours. AWS ends one that runs for a year.
func shortRuns(t *testing.T) func([]byte) []byte {
	return func(template []byte) []byte {
		start := []byte(`\"StartAt\": \"Begin\",`)
		if bytes.Count(template, start) != 1 {
			t.Fatal("the template does not have one state machine")
		}
		return bytes.Replace(template, start, append(start, `\n  \"TimeoutSeconds\": 14400,`...), 1)
	}
}

// Every alarm fires for its reason, tells people, and clears when the reason is gone. While all is well none fires.
func TestEachAlarmFiresAndClears(t *testing.T) {
	for _, pattern := range slices.Sorted(maps.Keys(incidents())) {
		t.Run(strings.Trim(pattern, "-.*"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := incidents()[pattern]
				f := openAlarmed(t, shortRuns(t))
				topic := f.outputs["AlertTopicArn"]
				f.Run(f.outputs["StateMachineArn"], `{"job": "nightly"}`)
				time.Sleep(4 * time.Hour)
				if firing := f.firing(); len(firing) > 0 {
					t.Fatalf("before anything has happened these alarms fire: %v", firing)
				}
				mine := func() (names []string) {
					all, err := alarmsIn(template(t, f.d.Name))
					if err != nil {
						t.Fatal(err)
					}
					for _, name := range all {
						if regexp.MustCompile(`^oralake-checked-(?:` + pattern + `)$`).MatchString(name) {
							names = append(names, name)
						}
					}
					return names
				}()
				if len(mine) == 0 {
					t.Fatal("no alarm has such a name")
				}
				began := time.Now()
				fired := func(name string) bool {
					return slices.ContainsFunc(f.Metrics.Changes(name), func(c cloudwatch.Change) bool {
						return c.To == cloudwatch.StateAlarm && c.Time.After(began) && slices.Equal(c.Sent, []string{topic})
					})
				}
				c.begin(f)
				left := func() []string { return slices.DeleteFunc(slices.Clone(mine), fired) }
				if !await(c.within, func() bool { return len(left()) == 0 }) {
					t.Fatalf("these alarms did not fire, or sent nothing: %v; changes: %+v", left(), f.Metrics.Changes(left()[0]))
				}
				if !await(0, func() bool { return fired("oralake-checked-department") }) {
					t.Error("the alarm of the department did not fire")
				}
				c.end(f)
				if !await(c.clear, func() bool { return len(f.firing()) == 0 }) {
					t.Errorf("after the end these alarms fire: %v", f.firing())
				}
				told := f.SNS.Messages(topic)
				if last := told[len(told)-1]; !strings.HasPrefix(last.Subject, `OK: "oralake-checked-department"`) {
					t.Errorf("the last message is %q, not that all is well", last.Subject)
				}
				for _, c := range f.Metrics.Changes("") {
					if len(c.Failed) > 0 {
						t.Errorf("%s to %s: no message: %v", c.Alarm, c.To, c.Failed)
					}
				}
			})
		})
	}
}

func template(t *testing.T, name string) []byte {
	t.Helper()
	content, err := harness.Template(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A healthy department sends one message in a week: that all is well.
func TestHealthyWeekIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openAlarmed(t, shortRuns(t))
		time.Sleep(7 * 24 * time.Hour)
		var subjects []string
		for _, m := range f.SNS.Messages(f.outputs["AlertTopicArn"]) {
			subjects = append(subjects, m.Subject)
		}
		if diff := cmp.Diff([]string{`OK: "oralake-checked-department" in eu-central-1`}, subjects); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if f.Metrics.Dashboard("oralake-checked-eu-central-1") == "" {
			t.Error("there is no dashboard")
		}
	})
}

// What publishes nothing is noticed: an instance that is gone, and a look at the jobs that does not take place.
func TestSilenceFires(t *testing.T) {
	for name, test := range map[string]struct {
		silence func(*alarmed)
		want    []string
	}{
		"instance": {
			func(f *alarmed) { f.do(f.DMS.LoseInstance(f.outputs["ReplicationInstanceArn"], 0)) },
			[]string{"department", "failed-runs", "late-live", "source-latency-live", "storage", "target-latency-live"},
		},
		"look": {
			func(f *alarmed) { f.trouble.set(func(o *trouble) { o.refuse = "states" }) },
			[]string{"dead-letters", "department", "dropped-starts", "late-live", "late-nightly", "source-latency-live", "target-latency-live"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := openAlarmed(t, shortRuns(t))
				time.Sleep(5 * time.Hour)
				test.silence(f)
				time.Sleep(7 * time.Hour)
				if diff := cmp.Diff(test.want, f.firing()); diff != "" {
					t.Errorf("firing (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func (f *alarmed) do(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// Without the statement for CloudWatch in the policy of the topic, or of its key, messages of alarms are lost.
func TestAlarmsNeedBothPolicies(t *testing.T) {
	for name, statement := range map[string]string{"topic": "sns:Publish", "key": "kms:GenerateDataKey*"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := loadChecked(t)
				a := openAccount(t, sample(t))
				a.ExpectDenied("sns:Publish")
				a.ExpectDenied("kms:GenerateDataKey")
				outputs := a.DeployTemplate(d, withoutAlarms(t, template(t, d.Name), statement))
				time.Sleep(2 * time.Hour)
				changes := a.Metrics.Changes("oralake-checked-department")
				if len(changes) != 1 || changes[0].Failed[outputs["AlertTopicArn"]] == "" {
					t.Errorf("without the statement: got %+v", changes)
				}
			})
		})
	}
}

// withoutAlarms takes the statement Alarms that allows an action out of a template.
func withoutAlarms(t *testing.T, template []byte, action string) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(template, &whole); err != nil {
		t.Fatal(err)
	}
	removed := 0
	var walk func(any) any
	walk = func(value any) any {
		switch v := value.(type) {
		case map[string]any:
			for name, member := range v {
				v[name] = walk(member)
			}
		case []any:
			left := slices.DeleteFunc(v, func(one any) bool {
				statement, _ := one.(map[string]any)
				actions, _ := statement["Action"].([]any)
				return statement["Sid"] == "Alarms" && slices.Contains(actions, any(action))
			})
			removed += len(v) - len(left)
			for i := range left {
				left[i] = walk(left[i])
			}
			return left
		}
		return value
	}
	content, err := json.Marshal(walk(whole))
	if err != nil || removed != 1 {
		t.Fatalf("removed %d statements: %v", removed, err)
	}
	return content
}

// Weekly and monthly jobs are late when their own schedules say so, and not before. The records of their runs expire earlier.
func TestWeeklyAndMonthlyJobsAreLate(t *testing.T) {
	v := synthesize(t, `  weekly: {type: full-load, schedule: cron(0 4 ? * SUN *), tables: [SALES.REGION]}
  monthly: {type: full-load, schedule: cron(0 4 1 * ? *), tables: [SALES.NATION]}
`, "recordDays: 1\n")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		outputs := a.DeployTemplate(v.department, v.template)
		// The bubble begins on Saturday, 2000-01-01.
		late := func() (jobs []string) {
			for _, job := range []string{"monthly", "weekly"} {
				if state, _ := a.Metrics.State("oralake-sales-late-" + job); state == cloudwatch.StateAlarm {
					jobs = append(jobs, job)
				}
			}
			return jobs
		}
		on := func(month time.Month, day int) {
			time.Sleep(time.Until(time.Date(2000, month, day, 12, 0, 0, 0, time.UTC)))
		}
		on(2, 2) // five Sundays and the first of February
		if got := late(); len(got) > 0 {
			t.Errorf("after a month without failures these jobs are late: %v", got)
		}
		a.faults.set(func(f *faults) { f.fail = "no more memory" })
		on(2, 6) // the run of this morning has failed: a week and a day have not passed since that of January 30
		if got := late(); len(got) > 0 {
			t.Errorf("on the day of the first failure these jobs are late: %v", got)
		}
		on(2, 9)
		if got := late(); !slices.Equal(got, []string{"weekly"}) {
			t.Errorf("ten days after its last success: got %v, want weekly", got)
		}
		on(3, 2)
		if got := late(); !slices.Equal(got, []string{"weekly"}) {
			t.Errorf("on the second of March: got %v, want weekly", got)
		}
		on(3, 5)
		if got := late(); !slices.Equal(got, []string{"monthly", "weekly"}) {
			t.Errorf("33 days after its last success: got %v, want both", got)
		}
		a.faults.set(func(f *faults) { f.fail = "" })
		a.Run(outputs["StateMachineArn"], `{"job": "monthly", "tables": ["SALES.NATION"]}`)
		time.Sleep(2 * time.Hour)
		if got := late(); !slices.Contains(got, "monthly") {
			t.Error("a run of tables that a person asked for counts as one of the job")
		}
		a.Run(outputs["StateMachineArn"], `{"job": "monthly"}`)
		time.Sleep(2 * time.Hour)
		if got := late(); slices.Contains(got, "monthly") {
			t.Error("the job has succeeded and is late")
		}
	})
}
