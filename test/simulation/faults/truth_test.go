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

// truth is what really happened, independent of records and responses.
type truth struct {
	story *simulation.Story

	mu         sync.Mutex
	executions map[string]*stepfunctions.StatusChange // the latest status change of each execution, by ARN
	order      []string                               // ARNs in the order of their starts
	loads      map[string][]load                      // by task identifier
	leasing    map[string]bool                        // traces whose latest write takes a lease
	leased     map[string]time.Time                   // when each trace first got a lease
	bucket     bucket
}

// load is a run of a replication task.
type load struct {
	began, running, ended time.Time // zero when it did not get so far
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

// execution records a change of an execution's status.
func (t *truth) execution(c stepfunctions.StatusChange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if request(&c).FindOrphans {
		return // It owns nothing, and starts again without end.
	}
	if t.executions[c.ExecutionARN] == nil {
		t.order = append(t.order, c.ExecutionARN)
	}
	t.executions[c.ExecutionARN] = &c
	t.story.Add("execution %s: %s %s", c.Name, c.Status, aws.ToString(c.Input))
}

// running returns the executions that have not ended.
func (t *truth) running() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.order), func(arn string) bool { return t.executions[arn].Status != "RUNNING" })
}

// event records an event of a replication task.
func (t *truth) event(e dms.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := e.Task.Identifier
	t.story.Add("task %s: %s %s", id, e.Kind, e.Reason)
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

// watch is a transport between the functions and AWS that records which trace asks for a lease.
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

// root returns the part of a trace ID that all calls of an execution share.
func root(trace string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(trace, "Root="), ";")
	return id
}

// call records, behind the gateway, which trace got a lease and how fast calls to DMS come.
func (t *truth) call(c gateway.Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case c.Service == "dynamodb" && c.Operation == "PutItem" && c.Status == http.StatusOK && t.leasing[c.Trace]:
		if t.leased[c.Trace].IsZero() {
			t.leased[c.Trace] = time.Now()
		}
		t.story.Add("lease given to trace %s", c.Trace)
	case c.Service == "dms":
		t.bucket.take(time.Now())
	}
}

// bucket is the token bucket of DMS for API calls: 200 tokens, refilled with 8 a second.
type bucket struct {
	used    float64 // tokens
	refused int     // calls without a token
	at      time.Time
	empty   time.Time     // since when calls are refused; zero once half of the tokens are back
	longest time.Duration // the longest time for which calls were refused
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
