package faults_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions"
	"github.com/oralake/oralake/test/simulation"
)

// truth is what really happened, whatever records and answers say.
type truth struct {
	story *simulation.Story

	mu         sync.Mutex
	executions map[string]*stepfunctions.StatusChange // the latest of each, by ARN
	order      []string                               // of their starts
	loads      map[string][]load                      // by task identifier
	leasing    map[string]bool                        // traces whose latest write was to take a lease
	leased     map[string]time.Time                   // when traces first got a lease
	bucket     bucket
}

// load is a run of a replication task.
type load struct {
	began, running, ended time.Time // zero when it did not come so far
	reason                string
	tables                []dms.TableRun
}

func newTruth(s *simulation.Story) *truth {
	return &truth{
		story:      s,
		executions: map[string]*stepfunctions.StatusChange{}, loads: map[string][]load{},
		leasing: map[string]bool{}, leased: map[string]time.Time{},
	}
}

// execution notes a change of an execution's status.
func (t *truth) execution(c stepfunctions.StatusChange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.executions[c.ExecutionARN] == nil {
		t.order = append(t.order, c.ExecutionARN)
	}
	t.executions[c.ExecutionARN] = &c
	t.story.Tell("execution %s: %s %s", c.Name, c.Status, aws.ToString(c.Input))
}

// running are the executions that have not ended.
func (t *truth) running() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.order), func(arn string) bool { return t.executions[arn].Status != "RUNNING" })
}

// event notes what a replication task does.
func (t *truth) event(e dms.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := e.Task.Identifier
	t.story.Tell("task %s: %s %s", id, e.Kind, e.Reason)
	all := t.loads[id]
	switch e.Kind {
	case dms.TaskStarting:
		t.loads[id] = append(all, load{began: e.Time})
	case dms.TaskRunning:
		all[len(all)-1].running = e.Time
	case dms.TaskEnded:
		last := &all[len(all)-1]
		last.ended, last.reason, last.tables = e.Time, e.Reason, e.Tables
	}
}

// watch notes, between the functions and AWS, who asks for a lease.
type watch struct {
	truth *truth
	next  http.RoundTripper
}

func (w watch) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutItem") {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(content))
		w.truth.mu.Lock()
		w.truth.leasing[root(r.Header.Get("X-Amzn-Trace-Id"))] = bytes.Contains(content, []byte(`"LEASE"`))
		w.truth.mu.Unlock()
	}
	return w.next.RoundTrip(r)
}

// root is what all calls of an execution have in common.
func root(trace string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(trace, "Root="), ";")
	return id
}

// call notes, behind the gateway, who got a lease, and the pace of the calls to DMS.
func (t *truth) call(c gateway.Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case c.Service == "dynamodb" && c.Operation == "PutItem" && c.Status == http.StatusOK && t.leasing[c.Trace]:
		if t.leased[c.Trace].IsZero() {
			t.leased[c.Trace] = time.Now()
		}
		t.story.Tell("lease given to trace %s", c.Trace)
	case c.Service == "dms":
		t.bucket.take(time.Now())
	}
}

// bucket is DMS's for API calls: 200 tokens, 8 more a second.
type bucket struct {
	used    float64 // tokens
	refused int     // calls that found none
	at      time.Time
	empty   time.Time     // since when calls are refused; zero when half of the tokens are there again
	longest time.Duration // for which calls were refused
}

func (b *bucket) take(now time.Time) {
	b.used = max(0, b.used-8*now.Sub(b.at).Seconds())
	b.at = now
	if b.used < 100 {
		b.empty = time.Time{}
	}
	if b.used++; b.used > 200 {
		b.used = 200
		b.refused++
		if b.empty.IsZero() {
			b.empty = now
		}
		b.longest = max(b.longest, now.Sub(b.empty))
	}
}
