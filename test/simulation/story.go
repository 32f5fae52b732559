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

// Story is the log of one life, for a person who debugs it.
type Story struct {
	mu    sync.Mutex
	lines []line
}

// line is one event. Text formats it, since most stories are never read. Its arguments do not change.
type line struct {
	at     time.Time
	format string
	args   []any
}

// Add adds a line. The arguments must be values that do not change.
func (s *Story) Add(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line{time.Now(), format, args})
}

// Text returns the story so far, one line for each event.
func (s *Story) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.at.UTC().Format("02 15:04:05.000 "))
		fmt.Fprintf(&b, l.format+"\n", l.args...)
	}
	return b.String()
}

// Save writes the story to a file and returns its path. Read that file even if a repetition of the life finds no
// violation: the order of goroutines in the same moment is random.
func (s *Story) Save(t *testing.T, name string) string {
	path := filepath.Join(os.TempDir(), "oralake-"+name+".txt")
	if err := os.WriteFile(path, []byte(s.Text()), 0o644); err != nil {
		t.Error(err)
	}
	return path
}
