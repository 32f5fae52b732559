// Package dms makes the calls that a replication task needs in its life: create, describe, modify, start, reload, stop and
// delete, and those for its statistics, its latency and the connections of its endpoints.
//
// Every function may be called twice, at any point: the second call finds what the first one did. No function waits,
// because DMS takes minutes to create or delete a task: each call does what is possible now and returns the state.
package dms

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/department"
)

// Task is what a run remembers of one of its replication tasks between two calls.
type Task struct {
	// ID is the replication task identifier, STACK-JOB-NUMBER; DMS keeps it unique in an account and region.
	ID string `json:"id"`
	// Accepted says that the task carries this stack's tag and the fingerprint that the run wants. Only such a task is
	// started.
	Accepted bool `json:"accepted,omitempty"`
	// Backfill says that the task loads tables once, beside the one of its job that follows changes.
	Backfill bool `json:"backfill,omitempty"`
	// PreviousStart is when a task that follows changes had been started last when the run found it at rest: a later start is the
	// run's own. Clocks do not tell that well enough, since the start before may be seconds old.
	PreviousStart time.Time `json:"previousStart,omitzero"`
	// LastDescription is how the task was found at work, with nothing to be done: it need not be described again.
	LastDescription *Description `json:"lastDescription,omitempty"`
}

// Spec is a replication task as it should be.
type Spec struct {
	ID       string
	Stack    string
	Job      string
	Type     department.Type
	Mappings string // DMS table mappings
	Settings string // DMS task settings
	// SourceARN, TargetARN and InstanceARN are the endpoints and the replication instance.
	SourceARN, TargetARN, InstanceARN string
	// StartFrom is where a task that only follows changes begins: empty for now, an SCN, a time (RFC 3339), or the
	// checkpoint of another task.
	StartFrom string
}

// Fingerprint tells a task that is as it should be from one that was made from other mappings or settings; for a full
// load also from other endpoints, type or instance. Those of a task that follows changes are compared one by one
// (Compare), since DMS can change the former and not the latter.
func (s Spec) Fingerprint() string {
	sum := sha256.New()
	parts := []string{s.Mappings, s.Settings}
	if !s.Type.Continuous() {
		parts = append(parts, string(s.Type), s.SourceARN, s.TargetARN, s.InstanceARN)
	}
	for _, part := range parts {
		// The length keeps neighbouring parts apart.
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

// The tags of a replication task. TagStack is what IAM policies and the clean-up go by.
const (
	TagStack       = "oralake:stack"
	TagJob         = "oralake:job"
	TagFingerprint = "oralake:fingerprint"
)
