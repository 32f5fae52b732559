// Package dms calls AWS DMS for replication tasks: it creates, describes, modifies, starts, reloads, stops and deletes them,
// and reads their statistics, their latency and the connection tests of their endpoints.
//
// A caller may repeat any call: the second call finds what the first one did. DMS takes minutes to create or delete a task, and
// no function waits for it: each call does what is possible now and returns the state.
package dms

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/department"
)

// Task is what the run document keeps of a replication task from one function to the next.
type Task struct {
	// ID is the replication task identifier, STACK-JOB-NUMBER. It is unique in an account and region.
	ID string `json:"id"`
	// Accepted says that the task carries this stack's tag and the fingerprint of its spec. A run starts no other task.
	Accepted bool `json:"accepted,omitempty"`
	// Backfill says that the task loads tables once, while another task of the job follows their changes.
	Backfill bool `json:"backfill,omitempty"`
	// PreviousStart is the latest start of a stopped task before this run resumes it: of a task that follows changes, or of a
	// full load that DMS has broken in this run. A later StartedAt is that of the resumed task. For a task that follows changes
	// the start of the run cannot be compared instead: an earlier run may have started the task seconds before.
	PreviousStart time.Time `json:"previousStart,omitzero"`
	// LastDescription describes a running task that needed no change. Record uses it instead of another call.
	LastDescription *Description `json:"lastDescription,omitempty"`
}

// startedBy says that a run that started at since has started the described task.
func (t Task) startedBy(d Description, since time.Time) bool {
	return !d.StartedAt.IsZero() && !d.StartedAt.Before(since) && d.StartedAt.After(t.PreviousStart)
}

// Spec says how a replication task should be.
type Spec struct {
	ID       string
	Stack    string
	Job      string
	Tags     map[string]string // those that the department's file names; a task of other tags is not another task
	Type     department.Type
	Mappings string // DMS table mappings
	Settings string // DMS task settings
	// SourceARN, TargetARN and InstanceARN are the endpoints and the replication instance.
	SourceARN, TargetARN, InstanceARN string
	// StartFrom says where a task that only follows changes starts to read the redo log: an SCN, a time (RFC 3339), or the
	// checkpoint of another task. It is empty for other tasks. DMS captures the transactions that began there or later
	// (CHAP_Task.CDC).
	StartFrom string
}

// Fingerprint is a hash of the task's mappings and settings, and for a full load also of its type, endpoints and instance. A task
// carries it as a tag: another fingerprint means that the task does not match its spec. For a task that follows changes, Compare
// compares type, endpoints and instance itself, because DMS modifies mappings and settings and not these.
func (s Spec) Fingerprint() string {
	sum := sha256.New()
	parts := []string{s.Mappings, s.Settings}
	if !s.Type.Continuous() {
		parts = append(parts, string(s.Type), s.SourceARN, s.TargetARN, s.InstanceARN)
	}
	for _, part := range parts {
		// The length separates the parts: "ab" and "c" must not hash like "a" and "bc".
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}
