package cdcmodel_test

import (
	"fmt"
	"strings"
	"testing"
)

// kept writes the story of a history to a file and returns its path.
func (o outcome) kept(t *testing.T) string {
	return o.story.Save(t, fmt.Sprintf("history-%d", o.history.seed))
}

// witness is a testing.TB that turns fatal failures into violations, which end the history.
type witness struct {
	testing.TB
	world *world
}

// historyEnded is the panic value that ends a history after a fatal failure.
type historyEnded struct{}

func (w witness) Fatal(args ...any) {
	w.world.violated(stuck, "%s", strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	panic(historyEnded{})
}

func (w witness) Fatalf(format string, args ...any) {
	w.world.violated(stuck, format, args...)
	panic(historyEnded{})
}
