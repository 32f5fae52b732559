//go:build !unix

package dms_test

import "time"

// processorTime returns the time of the clock, because this system does not report processor time.
func processorTime() time.Duration { return time.Since(started) }

var started = time.Now()
