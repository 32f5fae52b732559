package cdcmodel_test

import (
	"fmt"
	"strings"
	"testing"
)

// kept writes the story of a history to a file, and says where.
func (o outcome) kept(t *testing.T) string {
	return o.story.Keep(t, fmt.Sprintf("history-%d", o.history.seed))
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
