//go:build !linux

package lambda

// peakMemoryMB returns 0: on this operating system the peak memory is unknown, and MemorySize has no effect.
func peakMemoryMB(int) int { return 0 }
