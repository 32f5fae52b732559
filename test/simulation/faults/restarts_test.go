package faults_test

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/dms"
)

// This file has what DMS does by itself: outages of instances, recycled tasks, assessments at a start, and statuses after a
// modification.

// restarts are what DMS does by itself in one schedule.
type restarts struct {
	outages  []interruption
	recycles []recycle
	assesses bool // tasks are assessed at a start
}

// interruption is maintenance, a reboot or a failover of the replication instance of a department.
type interruption struct {
	Department int
	At         time.Duration
	Outage     dms.Outage
}

// recycle stops one running task of a department. DMS starts it again after RestartIn, or never if that is 0.
type recycle struct {
	Department    int
	At, RestartIn time.Duration
	Reason        string
}

// addRestarts adds restarts to some schedules. It uses its own throws, so that the rest of a plan is the same.
func (p *plan) addRestarts() {
	r := p.dice.throw("restarts")
	for i := range p.departments {
		if r.IntN(4) == 0 {
			for range one(r, 1, 1, 2) {
				p.restarts.outages = append(p.restarts.outages, newInterruption(r, i))
			}
		}
		if r.IntN(5) == 0 {
			p.restarts.recycles = append(p.restarts.recycles, recycle{
				Department: i, At: between(r, time.Minute, disturbed), Reason: one(r, "RECYCLE_TASK", "RECONFIGURATION_RESTART"),
				RestartIn: one(r, 0, between(r, time.Second, time.Hour), between(r, time.Second, time.Hour)),
			})
		}
	}
	p.restarts.assesses = r.IntN(8) == 0
}

// newInterruption returns an outage that is over when the faults end.
func newInterruption(r *rand.Rand, department int) interruption {
	n := interruption{Department: department, At: between(r, time.Minute, disturbed-time.Hour)}
	n.Outage = dms.Outage{For: between(r, time.Second, disturbed-n.At), Shown: one(r,
		dms.End{Reason: "RECYCLE_TASK"}, dms.End{Reason: "RECONFIGURATION_RESTART"}, dms.End{Reason: "NORMAL"},
		dms.End{Status: "failed"}, dms.End{Status: "failed", Reason: "RECOVERABLE_ERROR"},
	)}
	if n.Outage.Breaks = r.IntN(2) == 0; n.Outage.Breaks {
		n.Outage.Status = "rebooting"
	} else {
		n.Outage.Status = one(r, "upgrading", "maintenance", "failing-over")
	}
	return n
}

// restartAlone lets DMS do what the plan says.
func (w *world) restartAlone(people *sync.WaitGroup) {
	for _, n := range w.plan.restarts.outages {
		people.Go(func() {
			time.Sleep(n.At)
			// An instance that was deleted with its stack, or is lost, has no outage.
			if w.DMS.Interrupt(w.outputs[n.Department]["ReplicationInstanceArn"], n.Outage) == nil {
				w.faults.happened("outage", n.Outage.Status, n.Outage.For)
			}
		})
	}
	for _, n := range w.plan.restarts.recycles {
		people.Go(func() {
			time.Sleep(n.At)
			for _, j := range w.plan.departments[n.Department].Jobs {
				for _, task := range w.TasksOf(w.stack(n.Department), j.Name) {
					if w.DMS.Recycle(aws.ToString(task.ReplicationTaskIdentifier), n.Reason, n.RestartIn) == nil {
						w.faults.happened("recycled", aws.ToString(task.ReplicationTaskIdentifier), n.RestartIn)
						return
					}
				}
			}
		})
	}
}

// happened counts something that DMS does by itself.
func (f *faults) happened(kind string, what ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.came(kind, what)
}

// Run makes runs fail, hang, end early for any reason, or show an undocumented status, and assesses tasks.
func (f *faults) Run(t dms.Task) dms.RunFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.run(t)
	if f.on && f.plan.restarts.assesses {
		fault.Assessment = between(f.plan.dice.throw("assessment", t.Identifier, t.Runs), 10*time.Second, 20*time.Minute)
		f.came("assessed", []any{t.Identifier, fault.Assessment})
	}
	return fault
}

// Modify gives a modified task any of the statuses that it may have.
func (f *faults) Modify(t dms.Task) dms.ModifyFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.strike([]string{"modified-odd"}, "modify", t.Identifier) == "" {
		return dms.ModifyFault{}
	}
	r := f.plan.dice.throw("modified", t.Identifier, f.seen["modify"+t.Identifier])
	return dms.ModifyFault{Status: one(r, "ready", "stopped", "failed")}
}

// reportedOnly reports whether a record claims no more of a table than DMS and the files say, although the source was lost during the
// load.
func reportedOnly(proof string, t dms.TableRun) bool { return t.Lost && proof != "counted" }

// keptFrom reports whether an earlier load of a task, which ended after since, loaded the whole table that t keeps.
func keptFrom(earlier []load, t dms.TableRun, since time.Time) bool {
	if !t.Kept {
		return false
	}
	for _, l := range earlier {
		if !l.ended.After(since) {
			continue
		}
		for _, before := range l.tables {
			if before.Schema == t.Schema && before.Table == t.Table && before.Complete && before.Rows == t.Rows {
				return true
			}
		}
	}
	return false
}
