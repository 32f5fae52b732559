//go:build !linux

package lambda

// peakMemoryMB is not known on this operating system, so the memory setting is not enforced there.
func peakMemoryMB(int) int { return 0 }
