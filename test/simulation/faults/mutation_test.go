package faults_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// The checks can fail: each kind of bug is planted and found.
func TestPlantedBugsAreFound(t *testing.T) {
	most := 20
	if testing.Short() {
		most = 5
	}
	for _, planted := range []struct {
		name, step string
		plant      func(harness.NewStep) harness.NewStep
		finds      string // the kind of violation
	}{
		{"delete is not called", "Delete", simulation.Around(withoutTasks), orphan},
		{"delete is not called after a failure, nor for orphans", "Delete", simulation.Around(withoutTasksOfFailures), orphan},
		{"the verdict is ignored", "Record", simulation.Around(withoutVerdict), falseSuccess},
		{"a table in error is reported as complete", "Record", simulation.Through(withoutTableErrors), falseSuccess},
		{"a person's request is skipped", "Prepare", simulation.Around(skippingRequests), falseSuccess},
		{"the record is skipped", "Record", simulation.Around(doingNothing), lostRecord},
		{"the lease is kept", "Delete", simulation.Around(withoutJob), stuckLease},
		{"a failure has no alert", "Record", simulation.Through(unpublished), silence},
		{"readers are not shown what is published", "Publish", simulation.Through(unshown), falseSuccess},
		{"one poll makes too many calls", "Poll", simulation.Around(repeated(250)), haste},
	} {
		t.Run(planted.name, func(t *testing.T) {
			if testing.Short() && planted.finds == haste {
				t.Skip("-short makes no thousands of calls")
			}
			steps := simulation.Planted(planted.step, planted.plant)
			for seed := range uint64(most) {
				for _, v := range live(t, newPlan(seed+1), database, simulation.Regions[0], bug{steps: steps}).violations {
					if v.kind == planted.finds {
						t.Logf("found by schedule %d: %s: %s", seed+1, v.kind, v.text)
						return
					}
				}
			}
			if testing.Short() {
				t.Skipf("%d schedules did not find it; more schedules may", most)
			}
			t.Errorf("%d schedules did not find it: %s", most, planted.finds)
		})
	}
}

// The checks find work without an end.
func TestEndlessWorkIsFound(t *testing.T) {
	most := 300
	if testing.Short() {
		most = 20
	}
	steps := simulation.Planted("Record", simulation.Around(keepingPhase))
	for name, planted := range map[string]bug{
		// An earlier bug repeated the steps of a run about 1,300 times: Record kept the phase in which the run failed, and the
		// state machine chooses the next state by the phase. A run that failed in the phase checking started its tasks.
		"an error is forgotten after Record": {steps: steps, definition: strings.NewReplacer(
			`\"StringEquals\": \"publishing\", \"Next\": \"Publish\"}`, `\"StringEquals\": \"publishing\", \"Next\": \"Publish\"}, `+
				`{\"Variable\": \"$.phase\", \"StringEquals\": \"checking\", \"Next\": \"TakeSCN\"}`,
		)},
		"a recovery that fails is followed at once": {definition: strings.NewReplacer(
			`\"$.request.recover\", \"IsPresent\": true, \"Next\": \"WaitToPrepare\"`,
			`\"$.request.recover\", \"IsPresent\": true, \"Next\": \"Prepare\"`,
		)},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(most) {
				p := newPlan(seed + 1)
				if p.departments[0].Name != checked {
					continue // Only a run with a check has the phase checking.
				}
				for _, v := range live(t, p, database, simulation.Regions[0], planted).violations {
					if v.kind == endless {
						t.Logf("found by schedule %d: %s: %s", seed+1, v.kind, v.text)
						return
					}
				}
			}
			if testing.Short() {
				t.Skipf("%d schedules did not find it; more schedules may", most)
			}
			t.Errorf("%d schedules did not find it: %s", most, endless)
		})
	}
}

// keepingPhase makes Record keep the phase in which a run failed.
func keepingPhase(step run.Step) run.Step {
	return func(ctx context.Context, doc run.Document) (run.Document, error) {
		after, err := step(ctx, doc)
		if doc.Error != nil {
			after.Phase, after.CheckRequest = doc.Phase, doc.CheckRequest
		}
		return after, err
	}
}

// skippingRequests skips the request of a person that meets another run's lease.
func skippingRequests(step run.Step) run.Step {
	return func(ctx context.Context, doc run.Document) (run.Document, error) {
		after, err := step(ctx, doc)
		if after.LeaseHolder != "" && after.Recovering == nil {
			after.Phase = run.Skipped
		}
		return after, err
	}
}

// withoutTasks hides all tasks of a run from Delete.
func withoutTasks(step run.Step) run.Step {
	return func(ctx context.Context, doc run.Document) (run.Document, error) {
		doc.Tasks, doc.Leftovers = nil, nil
		return step(ctx, doc)
	}
}

// withoutTasksOfFailures hides from Delete the tasks of a failed run, and those that a search for orphans has found.
func withoutTasksOfFailures(step run.Step) run.Step {
	forgetful := withoutTasks(step)
	return func(ctx context.Context, doc run.Document) (run.Document, error) {
		if doc.Error != nil || len(doc.Request.Orphans) > 0 {
			return forgetful(ctx, doc)
		}
		return step(ctx, doc)
	}
}

// withoutVerdict makes a run succeed whatever Record returns.
func withoutVerdict(step run.Step) run.Step {
	return func(ctx context.Context, doc run.Document) (run.Document, error) {
		after, err := step(ctx, doc)
		after.Error = nil
		return after, err
	}
}

// doingNothing makes Record do nothing.
func doingNothing(run.Step) run.Step {
	return func(_ context.Context, doc run.Document) (run.Document, error) { return doc, nil }
}

// withoutJob makes Delete delete the tasks and report success, but keep the lease.
func withoutJob(step run.Step) run.Step {
	return func(ctx context.Context, doc run.Document) (run.Document, error) {
		job := doc.Request.Job
		doc.Request.Job = ""
		after, err := step(ctx, doc)
		after.Request.Job = job
		return after, err
	}
}

// repeated makes a step do its work several times.
func repeated(times int) func(run.Step) run.Step {
	return func(step run.Step) run.Step {
		return func(ctx context.Context, doc run.Document) (after run.Document, err error) {
			for range times {
				if after, err = step(ctx, doc); err != nil {
					break
				}
			}
			return after, err
		}
	}
}

// unpublished answers that a message is published, and does not publish it.
func unpublished(next http.RoundTripper) http.RoundTripper {
	return simulation.RoundTrip(func(request *http.Request) (*http.Response, error) {
		if !strings.Contains(request.Header.Get("Authorization"), "/sns/") {
			return next.RoundTrip(request)
		}
		const done = `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Request: request,
			Body: io.NopCloser(strings.NewReader(done)), ContentLength: int64(len(done)),
		}, nil
	})
}

// unshown answers that a document for readers is written, and does not write it.
func unshown(next http.RoundTripper) http.RoundTripper {
	return simulation.RoundTrip(func(request *http.Request) (*http.Response, error) {
		if request.Method != http.MethodPut || !strings.Contains(request.URL.Path, "/current/") {
			return next.RoundTrip(request)
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: request, Body: http.NoBody}, nil
	})
}

// withoutTableErrors changes the responses of DMS so that no table is in error.
func withoutTableErrors(next http.RoundTripper) http.RoundTripper {
	return simulation.RoundTrip(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		content = bytes.ReplaceAll(content, []byte(`"Table error"`), []byte(`"Table completed"`))
		content = regexp.MustCompile(`"TablesErrored":\d+`).ReplaceAll(content, []byte(`"TablesErrored":0`))
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		response.Header.Del("Content-Length")
		return response, nil
	})
}
