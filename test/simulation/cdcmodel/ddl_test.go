package cdcmodel_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
)

// drawDDL draws whether counts of changes start again at 0 when a task is resumed. It adds steps in which a person accepts DDL, and
// DDL just before a stop of the task. It has its own random numbers: the other steps of a seed stay as they are. Added steps have
// the last numbers.
func (h *history) drawDDL() {
	r := rand.New(rand.NewPCG(h.seed, 0xdd1))
	h.CountersRestart = r.IntN(2) == 0
	minutes := func(most int) time.Duration { return time.Duration(r.IntN(most+1)) * time.Minute }
	insert := func(some ...step) {
		for i := range some {
			some[i].number = len(h.Steps) + 1 + i
		}
		h.Steps = slices.Insert(h.Steps, 1+r.IntN(len(h.Steps)), some...)
	}
	for range r.IntN(4) {
		s := step{Does: acceptDDL, Wait: minutes(3)}
		for i := range s.Chosen {
			s.Chosen[i] = r.IntN(2) == 0
		}
		insert(s)
	}
	table := r.IntN(tables)
	for !h.Tables[table] {
		table = (table + 1) % tables
	}
	for range r.IntN(4) {
		some := []step{
			{Does: []string{truncate, truncate, addColumn}[r.IntN(3)], Table: table, Wait: minutes(2)},
			{Does: stopTask, Wait: minutes(3)},
		}
		if r.IntN(3) == 0 {
			some = append(some, step{Does: startTask, Wait: minutes(3)})
		}
		insert(some...)
	}
}

// acceptDDL is the step in which a person accepts DDL that left the rows of tables as they are.
const acceptDDL = "accept DDL"

// ddl is what a history knows of DDL beside the redo log.
type ddl struct {
	looked  time.Time // when a run last read the statistics of the task and noted DDL
	ended   bool      // the task is stopped or has failed
	endedAt time.Time // the latest end of the task
	started time.Time // the latest start of the task
	// starts is how often a task was started, byRuns how often by a run. A start that no run has made may lose counts, and a run that
	// fails may lose that it has read them. failed is when a run first did.
	starts, byRuns int
	failed         time.Time
	// unseen are tables on which DDL ran that no run can know of: the statistics had it, and no run read them before the next start.
	unseen map[string]bool
	// settled is when a run began that loaded a table, or accepted its DDL.
	settled map[string]time.Time
}

// taskEvent notes starts and ends of the task. A start by nobody who read the counts may lose them.
func (w *world) taskEvent(e dms.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Kind == dms.TaskStarting {
		w.ddl.starts++
	}
	switch {
	case e.Task.MigrationType == "full-load":
	case e.Kind == dms.TaskEnded:
		w.ddl.ended, w.ddl.endedAt = true, e.Time
	case e.Kind == dms.TaskStarting:
		unread := w.ddl.looked.Before(w.ddl.endedAt)
		w.ddl.started, w.ddl.ended = e.Time, false
		changes, err := w.model.all(w.t.Context())
		w.must(err)
		for _, c := range changes {
			if len(c.Values) > 0 || c.Commit.Before(w.ddl.looked) {
				continue
			}
			// A table that is not there when a task is started is not followed, until the next start follows it again.
			if unread && (c.Op == oracledb.Drop || c.Op == oracledb.Define) {
				w.ddl.unseen[c.Table.Name] = true
			}
		}
	}
}

// statisticsRead notes that a run reads the counts of changes and notes DDL, which Reconcile does only of a stopped task, and that a
// run has started a task.
func (w *world) statisticsRead(c gateway.Call) {
	role := simulation.RoleName(c.Principal.Role)
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.Operation == "DescribeTableStatistics" && !c.Lost && (strings.Contains(role, "Record") || w.ddl.ended) {
		w.ddl.looked = time.Now()
	}
	if c.Operation == "StartReplicationTask" && c.Status == http.StatusOK && strings.Contains(role, "FunctionsStart") {
		w.ddl.byRuns++
	}
}

// cannotKnow reports whether DDL ran on a table that no run can know of.
func (w *world) cannotKnow(table string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ddl.unseen[table]
}

// checkDDL checks what a record says about DDL on a table in a run that began at a time.
func (w *world) checkDDL(e *sfn.DescribeExecutionOutput, r records.Table, name string, began time.Time) {
	// A record may have another reason first.
	unsure, sure := strings.Contains(r.Reason, "DDL may have run unseen"), strings.Contains(r.Reason, "DDL seen:")
	w.mu.Lock()
	settled, started := w.ddl.settled[name], w.ddl.started
	// A run that failed may not have noted that it has started the task. A request may have waited for the lease of that run.
	known := w.ddl.starts == w.ddl.byRuns && (w.ddl.failed.IsZero() || !w.ddl.failed.Before(aws.ToTime(e.StopDate)))
	w.mu.Unlock()
	switch {
	case !r.DDLSeen, r.Diverged: // The reason of the record is about the missing rows.
	case unsure && known:
		w.violated(mismatch, "%s says that DDL may have run unseen on %s, but runs have made every start, and have read the counts before",
			aws.ToString(e.Name), name)
	case sure && !w.hasDDLSince(name, time.Time{}):
		w.violated(mismatch, "%s says that there was DDL on %s, and there was none: %s", aws.ToString(e.Name), name, r.Reason)
	case sure && !settled.IsZero() && started.Before(settled) && !w.hasDDLSince(name, settled.Add(-time.Duration(w.department.Lake.CDCMaxBatchSeconds)*time.Second)):
		w.violated(mismatch, "%s says again that there was DDL on %s, which was settled at %v: %s", aws.ToString(e.Name), name, settled, r.Reason)
	}
	loaded := r.LoadEndedAt != nil && r.LoadEndedAt.After(began)
	if !r.Good || r.Accepted == nil && !loaded {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ddl.settled[name] = began
	if loaded && !w.hasDDLSince(name, began) {
		delete(w.ddl.unseen, name)
	}
}

// harmless reports whether all DDL on a table since its last load left its rows as they are.
func (w *world) harmless(table string) bool {
	var loaded time.Time
	for _, r := range w.TableRecords(w.outputs, schema+"."+table) {
		if r.LoadStartedAt != nil && r.LoadStartedAt.After(loaded) {
			loaded = *r.LoadStartedAt
		}
	}
	changes, err := w.model.changes(w.t.Context(), table)
	w.must(err)
	return !slices.ContainsFunc(changes, func(c oracledb.Change) bool {
		return (c.Op == oracledb.Truncate || c.Op == oracledb.Drop) && !c.Commit.Before(loaded.Add(-time.Hour))
	})
}

// accept runs the job with a request to accept harmless DDL on the chosen tables of the job.
func (w *world) accept(chosen [tables]bool) (check func()) {
	var all []string
	for _, name := range names(chosen) {
		if w.has(name) && w.harmless(name) {
			all = append(all, schema+"."+name)
		}
	}
	if len(all) == 0 {
		return func() {}
	}
	time.Sleep(time.Second) // A person first reads what a run has noticed.
	return w.run(request{Accept: all})
}
