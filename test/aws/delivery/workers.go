package delivery

import (
	"context"
	"slices"
	"sync"
)

// Workers runs the deliveries of a service. It stops them when the service closes, and it reports the result of each
// delivery, a D, to observers. It is safe for concurrent use.
type Workers[D any] struct {
	live   context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	observers []func(D)
}

// NewWorkers returns Workers that accept work.
func NewWorkers[D any]() *Workers[D] {
	w := &Workers[D]{}
	w.live, w.cancel = context.WithCancel(context.Background())
	return w
}

// Go starts work in a goroutine. The context of work ends when Close is called. After Close, Go does nothing and
// returns false.
func (w *Workers[D]) Go(work func(context.Context)) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.work.Go(func() { work(w.live) })
	}
	return !w.closed
}

// Do runs work and waits for it. The context of work ends when ctx ends or Close is called. After Close, Do does
// nothing and returns false.
func (w *Workers[D]) Do(ctx context.Context, work func(context.Context)) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	started := w.Go(func(live context.Context) {
		defer close(done)
		defer context.AfterFunc(live, cancel)()
		work(ctx)
	})
	if started {
		<-done
	}
	return started
}

// Observe registers f. Report calls f for every delivery that ends, including those that Close stops.
func (w *Workers[D]) Observe(f func(D)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.observers = append(w.observers, f)
}

// Report calls the observers with the result of a delivery.
func (w *Workers[D]) Report(ended D) {
	w.mu.Lock()
	observers := slices.Clone(w.observers)
	w.mu.Unlock()
	for _, observe := range observers {
		observe(ended)
	}
}

// Close stops all work and returns when it has ended. No work starts afterwards.
func (w *Workers[D]) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.work.Wait()
}
