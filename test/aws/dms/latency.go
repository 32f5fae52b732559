package dms

import (
	"context"
	"time"
)

// FallBehind makes every task that captures changes report that it is so much more behind its source.
func (s *Service) FallBehind(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = by
}

// Latency returns the delay of the capture of a running task, for CloudWatch. source is the time since the oldest commit
// that was not read. target is the time since the oldest commit that was not written. Both are 0 when no commit remains.
// resourceID is the last part of the ARN of the task. ok is false when the task does not exist or captures nothing now.
func (s *Service) Latency(resourceID string) (source, target time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tasks {
		if lastPart(t.arn) != resourceID || t.load == nil || t.load.capture == nil || t.status != statusRunning {
			continue
		}
		c := t.load.capture
		now := time.Now()
		if unread, err := c.database.Changes(context.Background(), c.position, 1); err == nil && len(unread) > 0 {
			source = now.Sub(unread[0].Commit)
		}
		source += s.behind
		target = source
		if !c.oldest.IsZero() {
			target = max(source, now.Sub(c.oldest))
		}
		return source, target, true
	}
	return 0, 0, false
}
