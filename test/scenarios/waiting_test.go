package scenarios_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
)

// longLoads makes the load of every table long.
type longLoads struct {
	localdms.NoFaults
	takes time.Duration
}

func (l longLoads) Table(t localdms.Task, _, _ string) localdms.TableFault {
	if t.MigrationType != "full-load" {
		return localdms.TableFault{}
	}
	return localdms.TableFault{Takes: l.takes}
}

// The real state machine waits for long loads with few polls and events, and notices their end soon.
func TestLongLoadsNeedFewPolls(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.Tables, orders.TimeLimitHours = orders.Tables[:1], 20*24
	// The test needs no other run.
	template := []byte(edit(t, without("live-customers", "daily-orders", "daily-parts")))
	for _, test := range []struct {
		load   time.Duration
		polls  int // of the load, at most
		events int // of the whole run, at most
	}{
		{2 * time.Minute, 20, 25_000},
		{2 * time.Hour, 80, 25_000},
		{14 * 24 * time.Hour, 2_000, 25_000},
	} {
		synctest.Test(t, func(t *testing.T) {
			var running, ended time.Time
			a := &testAccount{t: t, faults: &faults{}}
			a.Account = harness.Open(t, db, harness.Options{DMS: localdms.Options{
				Faults: longLoads{takes: test.load}, Observe: func(e localdms.Event) {
					switch e.Kind {
					case localdms.TaskStarting:
						running = e.Time
					case localdms.TaskEnded:
						ended = e.Time
					}
				},
			}})
			outputs := a.DeployTemplate(d, template)
			e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
			a.want(e, sfntypes.ExecutionStatusSucceeded)

			events, polls := 0, 0
			var noticed time.Time
			pages := sfn.NewGetExecutionHistoryPaginator(a.Machine, &sfn.GetExecutionHistoryInput{
				ExecutionArn: e.ExecutionArn, MaxResults: 1000,
			})
			for pages.HasMorePages() {
				page, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				events += len(page.Events)
				for _, event := range page.Events {
					if event.StateEnteredEventDetails == nil {
						continue
					}
					switch at := aws.ToTime(event.Timestamp); aws.ToString(event.StateEnteredEventDetails.Name) {
					case "Poll":
						if at.After(running) {
							polls++
						}
					case "Record":
						noticed = at
					}
				}
			}
			took := ended.Sub(running)
			if polls > test.polls {
				t.Errorf("a load of %v was polled %d times, want at most %d", took, polls, test.polls)
			}
			if events > test.events {
				t.Errorf("a load of %v has %d events, want at most %d", took, events, test.events)
			}
			// One second more, since waits have whole seconds.
			if late, allowed := noticed.Sub(ended), max(15*time.Second, took/10)+time.Second; late > allowed {
				t.Errorf("the end of a load of %v was noticed %v late, want at most %v", took, late, allowed)
			}
			t.Logf("a load of %v: %d polls, %d events, noticed %v late", took, polls, events, noticed.Sub(ended))
		})
	}
}
