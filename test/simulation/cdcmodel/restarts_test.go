package cdcmodel_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/dms"
)

// The steps in which DMS does something by itself.
const (
	outage  = "maintenance or a reboot of the instance"
	recycle = "recycle the task"
)

// restarts is what DMS does by itself, and how it answers what its documentation leaves open.
type restarts struct {
	Unknowns dms.Unknowns
	Assesses time.Duration // how long DMS assesses a task before it starts it; 0 means not at all
	Modified string        // status of a task after a modification; empty when it is as before
}

// drawRestarts adds steps in which DMS restarts the task by itself. Like drawDDL it has its own random numbers, and added steps have
// the last numbers.
func (h *history) drawRestarts() {
	r := rand.New(rand.NewPCG(h.seed, 0x4e57))
	for range r.IntN(4) {
		s := step{
			number: len(h.Steps) + 1, Does: []string{outage, outage, recycle}[r.IntN(3)], Flag: r.IntN(2) == 0, Table: r.IntN(len(shown)),
			After: []time.Duration{time.Second, 40 * time.Second, 3 * time.Minute, 20 * time.Minute, 90 * time.Minute}[r.IntN(5)],
			Wait:  []time.Duration{0, time.Second, time.Minute, 5 * time.Minute, time.Hour}[r.IntN(5)],
		}
		if s.Does == recycle && r.IntN(4) == 0 {
			s.After = 0 // DMS does not start the task again.
		}
		h.Steps = slices.Insert(h.Steps, 1+r.IntN(len(h.Steps)), s)
	}
	if r.IntN(4) == 0 {
		h.Restarts.Unknowns.CDCTableState = []string{"Before load", "Replicating"}[r.IntN(2)]
	}
	if r.IntN(4) == 0 {
		h.Restarts.Assesses = []time.Duration{20 * time.Second, 5 * time.Minute}[r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		h.Restarts.Modified = []string{"ready", "stopped", "failed"}[r.IntN(3)]
	}
}

// shown are ways in which a task that DMS interrupts may look meanwhile.
var shown = []dms.End{
	{Reason: "RECYCLE_TASK"},
	{Reason: "RECONFIGURATION_RESTART"},
	{Reason: "NORMAL"},
	{Status: "failed"},
	{Status: "failed", Reason: "RECOVERABLE_ERROR"},
}

// restart lets DMS restart the instance or the task, as a step says. An instance that is lost has no maintenance, and only a running
// task is recycled.
func (w *world) restart(s step) {
	if s.Does == recycle {
		if task := w.task(); task != nil {
			_ = w.DMS.Recycle(aws.ToString(task.ReplicationTaskIdentifier), shown[s.Table%2].Reason, s.After)
		}
		return
	}
	o := dms.Outage{Status: "upgrading", For: s.After, Breaks: s.Flag, Shown: shown[s.Table]}
	if s.Flag {
		o.Status = "rebooting"
	}
	_ = w.DMS.Interrupt(w.outputs["ReplicationInstanceArn"], o)
}

// Modify gives a modified task the status that the history says.
func (f *faults) Modify(dms.Task) dms.ModifyFault {
	return dms.ModifyFault{Status: f.history.Restarts.Modified}
}
