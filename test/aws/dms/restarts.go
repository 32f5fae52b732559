package dms

import (
	"fmt"
	"time"
)

// Outage is a time in which AWS works on a replication instance. Running tasks end at its begin.
type Outage struct {
	// Status is the ReplicationInstanceStatus meanwhile, such as "rebooting" or "upgrading".
	Status string
	// For is how long the outage takes on the clock.
	For time.Duration
	// Breaks says that AWS does not restart full loads afterwards, as after a reboot: their tables that are not loaded are in
	// error, and the task stays failed. Otherwise AWS restarts them and loads again what was not loaded, as after maintenance.
	// AWS resumes tasks that only capture changes in both cases.
	//
	// Sources: CHAP_ReplicationInstance.Rebooting, CHAP_ReplicationInstance.MaintenanceWindow ("Effect of maintenance on
	// existing migration tasks").
	Breaks bool
	// Shown is what tasks show meanwhile. The guide calls it "an error state" after a reboot and does not say it otherwise:
	// see assumption A24.
	Shown End
}

// interruption ends a run from outside: DMS itself restarts the task.
type interruption struct {
	shown     End
	breaks    bool          // tables that are not loaded are in error
	restartIn time.Duration // on the clock; 0 when DMS does not restart the task
}

func (i *interruption) Error() string {
	return "DMS interrupts the task: " + (&earlyEnd{i.shown}).reason()
}

// Interrupt begins an outage of a replication instance. It fails when the instance does not exist or is not available.
func (s *Service) Interrupt(arn string, o Outage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.instances[arn]
	switch {
	case i == nil:
		return notFound("Replication Instance %s not found", arn)
	case i.status != "available":
		return invalidState("Replication Instance %s is in %s state, not available", i.arn, i.status)
	}
	i.status = o.Status
	s.notifyInstance(InstanceRestarting, arn)
	for _, t := range s.tasks {
		if t.instance != arn || !t.active() {
			continue
		}
		cause := &interruption{shown: o.Shown, restartIn: o.For + restartPause}
		if o.Breaks && t.loading() {
			cause.breaks, cause.restartIn, cause.shown.Status = true, 0, statusFailed
		}
		t.stop(cause)
	}
	s.later(o.For, func() {
		s.instanceEvent(i, fmt.Sprintf("The replication instance was %s.", o.Status))
		if i.status == o.Status {
			i.status = "available"
		}
		s.notifyInstance(InstanceBack, arn)
	})
	return nil
}

// restartPause is the time between the end of an outage and the restart of the tasks.
const restartPause = 5 * time.Second

// loading reports whether an active task has a full load that is not done. The caller holds the lock.
func (t *task) loading() bool {
	return t.migrationType == fullLoad || t.migrationType == fullLoadAndCDC && t.stats.loadFinish.IsZero()
}

// Recycle stops a running task for a reason of DMS's own, RECYCLE_TASK or RECONFIGURATION_RESTART. DMS restarts it after
// some time on the clock, or never if restartIn is 0. Recycle fails when no such task is running.
//
// Source: API_ReplicationTask, StopReason.
func (s *Service) Recycle(identifier, reason string, restartIn time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tasks {
		if t.identifier == identifier && t.status == statusRunning {
			t.stop(&interruption{shown: End{Reason: reason}, restartIn: restartIn})
			return nil
		}
	}
	return invalidState("Replication Task %s is currently not running", identifier)
}

// interrupted ends an interrupted run, and restarts the task later if DMS does that.
func (s *Service) interrupted(t *task, i *interruption) {
	if i.breaks {
		s.mu.Lock()
		for _, table := range t.tables {
			if table.state != tableCompleted && table.state != tableMissing {
				table.set(tableError)
			}
		}
		s.mu.Unlock()
	}
	end := &earlyEnd{i.shown}
	s.end(t, end.status(), end.reason())
	if i.restartIn == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	runs := t.runs
	s.later(i.restartIn, func() { s.restart(t, runs) })
}

// restart resumes a task by DMS itself, unless somebody has started or deleted it since. Tables that are loaded are kept
// and StartDate moves (CHAP_ReplicationInstance.MaintenanceWindow; API_ReplicationTaskStats, StartDate: "either a fresh
// start or a resume"). The caller holds the lock.
func (s *Service) restart(t *task, runs int) {
	i := s.instances[t.instance]
	if s.tasks[t.arn] != t || t.runs != runs || !t.idle() || i == nil || i.status != "available" {
		return
	}
	s.launch(t, resumeProcessing)
}
