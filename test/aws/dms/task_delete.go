package dms

import "context"

// taskRef is a request with only the ARN of a task.
type taskRef struct{ ReplicationTaskArn string }

func (s *Service) deleteTask(_ context.Context, in taskRef) (taskOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.task(in.ReplicationTaskArn)
	if err != nil {
		return taskOutput{}, err
	}
	if !t.idle() {
		return taskOutput{}, invalidState("Replication Task %s is in %s state: it cannot be deleted before it is ready, "+
			"stopped or failed", t.arn, t.status)
	}
	t.deletes++
	fault := s.faults.Delete(t.snapshot())
	t.status = statusDeleting
	s.notify(TaskDeleting, t, Event{})
	s.later(slowed(s.delays.TaskDelete, fault.Slow), func() { s.deleted(t, fault) })
	return taskOutput{t.answer(false)}, nil
}

// deleted completes the deletion of a task. The caller holds the lock.
func (s *Service) deleted(t *task, fault DeleteFault) {
	if fault.Fail == "" {
		delete(s.tasks, t.arn)
		s.notify(TaskDeleted, t, Event{})
		return
	}
	if t.status = fault.Status; t.status == "" {
		t.status, t.failure = statusFailed, fault.Fail
	}
	s.write(t, taskManager, failureLevel, "Task '%s' was not deleted: %s", t.identifier, fault.Fail)
	s.notify(TaskDeletionFailed, t, Event{Reason: fault.Fail})
}
