package scenarios_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/test/aws/eventbridge"
)

// A run ends without success and could not alert people, or could not even be recorded. AWS may lose the event that starts its
// recovery. People know of the run within an hour after AWS answers again.
func TestEveryFailureIsAlerted(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-parts").TimeLimitHours = 1
	tests := map[string]struct {
		cut     string // the service that the functions cannot reach during the run
		hang    bool   // the load never ends
		stopped bool   // by a person, in its first minute
		reason  string // in the record
	}{
		"its load fails, and SNS does not answer":         {cut: "sns", reason: "Table error"},
		"it exceeds its time limit, and SNS is away":      {cut: "sns", hang: true, reason: "its time limit ended"},
		"it gets no lease, and DynamoDB does not answer":  {cut: "dynamodb", reason: "the execution ended before the run was done"},
		"a person stops it before it can take its lease":  {cut: "dynamodb", stopped: true, reason: "the execution was stopped"},
		"a person stops it while SNS and DMS do not work": {cut: "sns", hang: true, stopped: true, reason: "the execution was stopped"},
	}
	for name, test := range tests {
		for how, lost := range map[string]bool{", and its event is lost": true, ", and its event arrives": false} {
			t.Run(name+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := openAccount(t, db)
					outputs := a.Deploy(d)
					time.Sleep(30 * time.Minute) // The schedule's first run of live-customers has ended.
					a.faults.set(func(f *faults) { f.hang, f.tables = test.hang, true })
					a.network.cut(test.cut)
					execution := a.Start(outputs["StateMachineArn"], `{"job": "daily-parts"}`, 5*time.Second)
					a.Events.Lose(func(e eventbridge.Event) bool { return lost && strings.Contains(string(e.Detail), execution) })
					if test.stopped {
						a.stop(execution)
						a.want(a.Await(execution), sfntypes.ExecutionStatusAborted)
					} else {
						a.want(a.Await(execution), sfntypes.ExecutionStatusFailed)
					}
					time.Sleep(time.Minute)
					a.network.cut("")
					time.Sleep(time.Hour)
					runs := a.RunRecords(outputs, "daily-parts")
					if len(runs) != 1 || runs[0].Execution != execution || !runs[0].Alerted || !strings.Contains(runs[0].Reason, test.reason) {
						t.Errorf("records %+v, want one of the run, with its alert, that says %q", runs, test.reason)
					}
					about := 0
					for _, m := range a.Alerts(outputs["AlertTopicArn"]) {
						if strings.Contains(m.Text, aws.ToString(a.Describe(execution).Name)) {
							about++
						}
					}
					if about != 1 {
						t.Errorf("%d messages about the run, want 1", about)
					}
					if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
						t.Errorf("%d tasks are left", len(left))
					}
				})
			})
		}
	}
}
