//go:build chaos

package chaos_test

import (
	"fmt"
	"sync"
	"time"
)

// story is what happened in a schedule, for the person who looks into one.
type story struct {
	mu    sync.Mutex
	lines []string
}

// tell adds a line. Only a single schedule has its story told.
func (s *story) tell(format string, args ...any) {
	if *schedules != 1 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, time.Now().UTC().Format("02 15:04:05.000 ")+fmt.Sprintf(format, args...))
}
