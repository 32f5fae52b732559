package gateway_test

import (
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/oralake/oralake/test/aws/gateway"
)

// stacks returns the total size in bytes of the stacks of all goroutines.
func stacks() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func TestStacksHaveRoom(t *testing.T) {
	for name, c := range map[string]struct {
		make  func()
		bytes uint64
	}{"calling": {gateway.StackForCalling, 56 << 10}, "serving": {gateway.StackForServing, 14 << 10}} {
		t.Run(name, func(t *testing.T) {
			const goroutines = 200
			ready, end := make(chan struct{}), make(chan struct{})
			defer close(end)
			runtime.GC() // frees the stacks of ended goroutines, so that they are not reused
			before := stacks()
			for range goroutines {
				go func() {
					c.make()
					ready <- struct{}{}
					<-end
				}()
			}
			for range goroutines {
				<-ready
			}
			if grown := stacks() - before; grown < goroutines*c.bytes {
				t.Errorf("%d goroutines have %d bytes of stacks, want at least %d each", goroutines, grown, c.bytes)
			}
		})
	}
}
