package dms

import (
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/clock"
)

// The token bucket of the API. AWS does not raise these limits.
const (
	tokenLimit  = 200
	tokenRefill = 8 // per second
)

// tokens is a token bucket. Every call takes one token. The bucket fills on the clock, so a shortened hour allows the calls
// of a full hour.
type tokens struct {
	clock clock.Clock

	mu   sync.Mutex
	left float64
	at   time.Time
}

func newTokens(clk clock.Clock) *tokens { return &tokens{clock: clk, left: tokenLimit} }

// take takes a token. It returns false when the bucket is empty.
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
