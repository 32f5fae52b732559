package faults_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// story is what happened in a schedule, for the person who looks into one.
type story struct {
	mu   sync.Mutex
	told []line
}

// line is written when somebody reads it, which of most stories nobody does. Nothing in it changes once it is told.
type line struct {
	at     time.Time
	format string
	args   []any
}

// tell adds a line. The arguments must be values that do not change.
func (s *story) tell(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, line{time.Now(), format, args})
}

// text is the story so far, a line for each thing that happened.
func (s *story) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.told {
		b.WriteString(l.at.UTC().Format("02 15:04:05.000 "))
		fmt.Fprintf(&b, l.format+"\n", l.args...)
	}
	return b.String()
}

// kept writes the story of a schedule to a file for the person who looks into it, and says where. That file is right even
// if the schedule, on its own, does not go wrong: goroutines at work in the same moment take turns by chance.
func (o outcome) kept(t *testing.T) string {
	name := filepath.Join(os.TempDir(), fmt.Sprintf("oralake-chaos-%d.txt", o.seed))
	if err := os.WriteFile(name, []byte(o.story.text()), 0o644); err != nil {
		t.Error(err)
	}
	return name
}
