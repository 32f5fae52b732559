//go:build !unix

package bench_test

import "time"

// processorTime returns no time, because this system does not report processor time.
func processorTime() time.Duration { return 0 }
