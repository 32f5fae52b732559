package demo

import (
	"sync"
	"time"

	emulated "github.com/oralake/oralake/test/aws/dms"
)

// captureHistory remembers when replication tasks began and ceased to capture changes.
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

// gaps are for how long a task did not capture changes since a time, in all: it stops capturing when it is told to
// stop, or ends by itself, and begins when it runs. How often it did so is zero for a task that never stopped.
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
