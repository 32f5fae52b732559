package dms

import (
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/clock"
)

// The API's token bucket, which AWS does not raise for anyone.
const (
	tokenLimit  = 200
	tokenRefill = 8 // a second
)

// tokens is a bucket that every call takes one from. It fills on the clock, so a shortened hour has an hour's calls.
type tokens struct {
	clock clock.Clock

	mu   sync.Mutex
	left float64
	at   time.Time
}

func newTokens(clk clock.Clock) *tokens { return &tokens{clock: clk, left: tokenLimit} }

// take takes a token and says whether there was one.
func (t *tokens) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if !t.at.IsZero() {
		second := t.clock.Real(time.Second)
		t.left = min(tokenLimit, t.left+tokenRefill*float64(now.Sub(t.at))/float64(max(second, 1)))
	}
	t.at = now
	if t.left < 1 {
		return false
	}
	t.left--
	return true
}
