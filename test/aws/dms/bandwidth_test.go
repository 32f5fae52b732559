package dms

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Transfers share a link equally, none is faster than a subtask may be, and what one does not need the others get.
func TestTransfersShareTheLink(t *testing.T) {
	for _, test := range []struct {
		name  string
		bytes []int64
		want  []time.Duration
	}{
		{"one alone has what a subtask may have", []int64{500}, []time.Duration{10 * time.Second}},
		{"two have the whole instance", []int64{500, 1000}, []time.Duration{10 * time.Second, 20 * time.Second}},
		// 25 bytes a second each for 4 s; then three have 33.3 each for 6 s; then two 50 each.
		{"four wait for each other", []int64{100, 300, 500, 500}, []time.Duration{4 * time.Second, 10 * time.Second, 14 * time.Second, 14 * time.Second}},
		{"nothing takes no time", []int64{0}, []time.Duration{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &link{Bandwidth: Bandwidth{Instance: func() float64 { return 100 }, Subtask: 50}}
				began := time.Now()
				var all sync.WaitGroup
				for i, bytes := range test.bytes {
					all.Go(func() {
						if err := l.move(t.Context(), bytes); err != nil {
							t.Error(err)
						}
						if took := time.Since(began).Round(time.Second / 10); took != test.want[i] {
							t.Errorf("%d bytes took %s, want %s", bytes, took, test.want[i])
						}
					})
				}
				all.Wait()
			})
		})
	}
}

// A transfer that is cancelled leaves the link to the others.
func TestCancelledTransferLeavesTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &link{Bandwidth: Bandwidth{Instance: func() float64 { return 100 }, Subtask: 100}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var other sync.WaitGroup
		other.Go(func() {
			if err := l.move(ctx, 10_000); err == nil {
				t.Error("a transfer whose context has ended is done")
			}
		})
		began := time.Now()
		if err := l.move(t.Context(), 1000); err != nil {
			t.Error(err)
		}
		// 50 bytes a second for 10 s, then 100.
		if took := time.Since(began).Round(time.Second / 10); took != 15*time.Second {
			t.Errorf("the transfer took %s, want 15s", took)
		}
		other.Wait()
	})
}
