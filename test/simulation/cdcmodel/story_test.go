package cdcmodel_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// story is what happened in a history, for the person who looks into one.
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

// kept writes the story to a file, and says where.
func (o outcome) kept(t *testing.T) string {
	name := filepath.Join(os.TempDir(), fmt.Sprintf("oralake-history-%d.txt", o.history.seed))
	if err := os.WriteFile(name, []byte(strings.Join(o.story, "\n")+"\n"), 0o644); err != nil {
		t.Error(err)
	}
	return name
}

// witness is a test whose failures are violations of the history, which then ends.
type witness struct {
	testing.TB
	world *world
}

// gaveUp ends a history that cannot go on.
type gaveUp struct{}

func (w witness) Fatal(args ...any) {
	w.world.violated(stuck, "%s", strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	panic(gaveUp{})
}

func (w witness) Fatalf(format string, args ...any) {
	w.world.violated(stuck, format, args...)
	panic(gaveUp{})
}
