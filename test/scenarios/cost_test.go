package scenarios_test

import (
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

// used counts what runs use that AWS charges for.
type used struct {
	mu                     sync.Mutex
	puts, gets, calls      int
	transitions, kilobytes float64
}

// see counts the requests to S3 of all but DMS.
func (u *used) see(c gateway.Call) gateway.Disturbance {
	u.mu.Lock()
	defer u.mu.Unlock()
	if c.Service == "s3" && !strings.Contains(c.Principal.Role, "Lake") {
		switch {
		case strings.HasPrefix(c.Operation, "Put"), strings.HasPrefix(c.Operation, "List"), strings.HasPrefix(c.Operation, "Copy"):
			u.puts++
		case !strings.HasPrefix(c.Operation, "Delete"): // which S3 does not charge for
			u.gets++
		}
	}
	return gateway.Disturbance{}
}

// read counts what the history of an execution has.
func (u *used) read(t *testing.T, a *testAccount, execution string) {
	t.Helper()
	pages := sfn.NewGetExecutionHistoryPaginator(a.Machine, &sfn.GetExecutionHistoryInput{ExecutionArn: &execution, IncludeExecutionData: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page.Events {
			written, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			u.kilobytes += float64(len(written)) / 1e3
			switch {
			case strings.HasSuffix(string(event.Type), "StateEntered"):
				u.transitions++
			case event.Type == sfntypes.HistoryEventTypeLambdaFunctionScheduled:
				u.calls++
			}
		}
	}
}

// What an estimate says of a run is what a run in the account uses, if the estimate knows how long its load took: as many transitions
// and calls, and at least as many requests to S3 and logs.
func TestEstimatedCostIsThatOfRuns(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	const stays = 20 * time.Minute // with the load of a table
	synctest.Test(t, func(t *testing.T) {
		u := &used{}
		a := openWith(t, db, harness.Options{Disturb: u.see})
		a.faults.takes = stays
		outputs := a.Deploy(d)
		for range 2 { // The second run packs its tables, and does not know yet how long that takes.
			a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
		}
		opened, err := operator.Open(t.Context(), a.Admin(), "sales")
		if err != nil {
			t.Fatal(err)
		}
		compiled, err := opened.Job("daily-orders")
		if err != nil {
			t.Fatal(err)
		}
		u.puts, u.gets = 0, 0
		e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusSucceeded)
		u.read(t, a, aws.ToString(e.ExecutionArn))
		loads, err := opened.Loads(t.Context(), compiled)
		if err != nil || loads.Runs != 3 {
			t.Fatalf("loads %+v, %v, want those of 3 runs", loads, err)
		}
		estimate, err := cost.Of(cost.Input{
			Department: d, Prices: cost.FromCommittedTable("us-east-1", cost.HardwareOf(d), ""), Known: map[string]cost.Known{"daily-orders": cost.Known(loads)},
			Now: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		job, _ := estimate.Only("daily-orders")
		ofRun := func(what cost.Key) float64 {
			for _, l := range job.Jobs[0].Lines {
				if l.What == what {
					return l.Quantity / job.Jobs[0].Runs
				}
			}
			t.Fatalf("the estimate has no %s", what)
			return 0
		}
		t.Logf("loads %+v; a run: %.0f transitions (estimated %.0f), %d calls (%.0f), %d PUT (%.0f), %d GET (%.0f), %.0f kB of logs (%.0f)", loads,
			u.transitions, ofRun(cost.Transitions), u.calls, ofRun(cost.LambdaRequests), u.puts, ofRun(cost.S3Put), u.gets, ofRun(cost.S3Get), u.kilobytes,
			ofRun(cost.LogIngestion)*1e6)
		for what, got := range map[cost.Key]float64{cost.Transitions: u.transitions, cost.LambdaRequests: float64(u.calls)} {
			if want := ofRun(what); math.Abs(got-want) > 0.1*got {
				t.Errorf("a run has %.0f %s, and %.0f are estimated", got, what, want)
			}
		}
		for what, got := range map[cost.Key]float64{cost.S3Put: float64(u.puts), cost.S3Get: float64(u.gets), cost.LogIngestion: u.kilobytes / 1e6} {
			if most := ofRun(what); got > most || most > 4*got {
				t.Errorf("a run has %g of %s, and %g are estimated", got, what, most)
			}
		}
	})
}
