package demo

import (
	"sync"
	"time"

	emulated "github.com/oralake/oralake/test/aws/dms"
)

// captureHistory records when replication tasks started and stopped capturing changes.
type captureHistory struct {
	mu     sync.Mutex
	events []emulated.Event
}

func (h *captureHistory) observe(e emulated.Event) {
	switch e.Kind {
	case emulated.TaskRunning, emulated.TaskStopping, emulated.TaskEnded:
		h.mu.Lock()
		defer h.mu.Unlock()
		h.events = append(h.events, e)
	}
}

// gaps returns the total time in which a task did not capture changes since a time, and the number of such gaps. A gap
// starts when the task is being stopped or ends by itself, and ends when it runs.
func (h *captureHistory) gaps(task string, since time.Time) (all time.Duration, often int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ceased time.Time
	for _, e := range h.events {
		switch {
		case e.Task.ARN != task || e.Time.Before(since):
		case e.Kind != emulated.TaskRunning:
			if ceased.IsZero() {
				ceased = e.Time
				often++
			}
		case !ceased.IsZero():
			all += e.Time.Sub(ceased)
			ceased = time.Time{}
		}
	}
	return all, often
}
