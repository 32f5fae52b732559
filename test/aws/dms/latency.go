package dms

import (
	"context"
	"time"
)

// Latency is how far the capture of a running task is behind, for CloudWatch: source since the oldest commit that it has
// not read, target since the oldest that it has not written, both 0 when it has all. resourceID is the last part of the
// task's ARN. ok is false when there is no such task, or when it captures nothing now.
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
		target = source
		if !c.oldest.IsZero() {
			target = max(source, now.Sub(c.oldest))
		}
		return source, target, true
	}
	return 0, 0, false
}
