//go:build unix

package dms_test

import (
	"syscall"
	"time"
)

// processorTime is how long processors have worked for this process.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // only for bad arguments
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
