package dms

import (
	"container/heap"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/clock"
)

// Bandwidth limits how fast replication instances load tables. Without it, a load takes only the time that its faults add.
type Bandwidth struct {
	// Instance returns what all loads of an instance move together, Subtask is what one subtask moves at most, both in bytes a second.
	// The loads that run share the instance equally. What Instance returns may change while nothing is loaded.
	Instance func() float64
	Subtask  float64
	// Bytes returns the size of a table of the source. The segments of a table have equal parts of it.
	Bytes func(schema, table string) int64
}

// link is the bandwidth of one instance. Its transfers all move at the same rate, so it needs to know only how many bytes each has
// moved since the link exists, and at how many each ends.
type link struct {
	Bandwidth
	clock clock.Clock

	mu     sync.Mutex
	moved  float64   // bytes that each transfer has moved until at
	at     time.Time // of the last change
	active transfers
	next   *time.Timer // fires when the next transfer ends
}

// transfer is one transfer of a link.
type transfer struct {
	end   float64 // the value of moved at its end
	index int     // in transfers; -1 when it has ended
	done  chan struct{}
}

// move moves bytes over the link, or fails with the cause of ctx.
func (l *link) move(ctx context.Context, bytes int64) error {
	l.mu.Lock()
	l.advance()
	t := &transfer{end: l.moved + float64(bytes), done: make(chan struct{})}
	heap.Push(&l.active, t)
	l.plan()
	l.mu.Unlock()
	select {
	case <-t.done:
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		if t.index >= 0 {
			l.advance()
			heap.Remove(&l.active, t.index)
			l.plan()
		}
		return fmt.Errorf("moving %d bytes: %w", bytes, context.Cause(ctx))
	}
}

// rate is how many bytes each transfer moves in a second.
func (l *link) rate() float64 { return min(l.Subtask, l.Instance()/float64(len(l.active))) }

// advance brings moved up to now. The caller holds the lock.
func (l *link) advance() {
	now := time.Now()
	if len(l.active) > 0 {
		l.moved += l.rate() * now.Sub(l.at).Seconds() / l.clock.Real(time.Second).Seconds()
	}
	l.at = now
}

// plan sets the timer for the end of the next transfer. The caller holds the lock.
func (l *link) plan() {
	if l.next != nil {
		l.next.Stop()
	}
	if len(l.active) == 0 {
		return
	}
	left := max(0, l.active[0].end-l.moved) / l.rate()
	l.next = time.AfterFunc(l.clock.Real(time.Duration(left*float64(time.Second))), l.finish)
}

// finish ends the transfers that have moved all their bytes. A transfer with less than a byte left has none: the timer rounds.
func (l *link) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	for len(l.active) > 0 && l.active[0].end-l.moved < 1 {
		close(heap.Pop(&l.active).(*transfer).done)
	}
	l.plan()
}

// transfers is a heap: the transfer that ends next is the first.
type transfers []*transfer

func (t transfers) Len() int           { return len(t) }
func (t transfers) Less(i, j int) bool { return t[i].end < t[j].end }

func (t transfers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

// Push implements heap.Interface.
func (t *transfers) Push(x any) {
	added := x.(*transfer)
	added.index = len(*t)
	*t = append(*t, added)
}

// Pop implements heap.Interface.
func (t *transfers) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	last.index = -1
	return last
}

// move moves a part of a table over the link of the task's instance, if the service limits the bandwidth.
func (g *segment) move(ctx context.Context) error {
	t := g.table
	s := t.s
	if s.bandwidth == nil {
		return nil
	}
	s.mu.Lock()
	l := s.links[t.task.instance]
	if l == nil {
		l = &link{Bandwidth: *s.bandwidth, clock: s.clock}
		s.links[t.task.instance] = l
	}
	s.mu.Unlock()
	return l.move(ctx, s.bandwidth.Bytes(t.selected.Table.Schema, t.selected.Table.Name)/int64(t.segments))
}
