package delivery

import (
	"context"
	"slices"
	"sync"
)

// Desk is where a service works on its deliveries: it ends them when the service closes, and tells observers how each has
// ended, as a D. It is safe for concurrent use.
type Desk[D any] struct {
	live   context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	observers []func(D)
}

// NewDesk opens a desk.
func NewDesk[D any]() *Desk[D] {
	d := &Desk[D]{}
	d.live, d.cancel = context.WithCancel(context.Background())
	return d
}

// Go does work beside the caller, with a context that ends when the desk closes. It says false, and does nothing, when
// the desk is closed.
func (d *Desk[D]) Go(work func(context.Context)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.work.Go(func() { work(d.live) })
	}
	return !d.closed
}

// Do does work and waits for it, with a context that ends with ctx too. Else it is as Go.
func (d *Desk[D]) Do(ctx context.Context, work func(context.Context)) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	begun := d.Go(func(live context.Context) {
		defer close(done)
		defer context.AfterFunc(live, cancel)()
		work(ctx)
	})
	if begun {
		<-done
	}
	return begun
}

// Observe has f told of every delivery once it has ended, also of those that Close stops.
func (d *Desk[D]) Observe(f func(D)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.observers = append(d.observers, f)
}

// Report tells the observers how a delivery ended.
func (d *Desk[D]) Report(ended D) {
	d.mu.Lock()
	observers := slices.Clone(d.observers)
	d.mu.Unlock()
	for _, observe := range observers {
		observe(ended)
	}
}

// Close stops all work and returns when it has ended. Nothing begins afterwards.
func (d *Desk[D]) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.work.Wait()
}
