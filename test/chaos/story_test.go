package chaos_test

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
	mu    sync.Mutex
	lines []string
}

// tell adds a line.
func (s *story) tell(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, time.Now().UTC().Format("02 15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// kept writes the story of a schedule to a file for the person who looks into it, and says where. That file is right even
// if the schedule, on its own, does not go wrong: goroutines at work in the same moment take turns by chance.
func (o outcome) kept(t *testing.T) string {
	name := filepath.Join(os.TempDir(), fmt.Sprintf("oralake-chaos-%d.txt", o.seed))
	if err := os.WriteFile(name, []byte(strings.Join(o.story, "\n")+"\n"), 0o644); err != nil {
		t.Error(err)
	}
	return name
}
