package simulation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Story is what happened in one life, for the person who looks into it.
type Story struct {
	mu   sync.Mutex
	told []line
}

// line is written when somebody reads it, which of most stories nobody does. Nothing in it changes once it is told.
type line struct {
	at     time.Time
	format string
	args   []any
}

// Tell adds a line. The arguments must be values that do not change.
func (s *Story) Tell(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, line{time.Now(), format, args})
}

// Text is the story so far, a line for each thing that happened.
func (s *Story) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.told {
		b.WriteString(l.at.UTC().Format("02 15:04:05.000 "))
		fmt.Fprintf(&b, l.format+"\n", l.args...)
	}
	return b.String()
}

// Keep writes the story to a file and says where. That file is right even if the life, on its own, does not go wrong:
// goroutines at work in the same moment take turns by chance.
func (s *Story) Keep(t *testing.T, name string) string {
	path := filepath.Join(os.TempDir(), "oralake-"+name+".txt")
	if err := os.WriteFile(path, []byte(s.Text()), 0o644); err != nil {
		t.Error(err)
	}
	return path
}
