package demo

import (
	"os"
	"regexp"
	"strconv"
)

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemoryMiB returns the largest resident size of this process so far, from Linux's /proc; 0 on other systems.
func peakMemoryMiB() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	found := highWater.FindSubmatch(status)
	if found == nil {
		return 0
	}
	kib, _ := strconv.Atoi(string(found[1])) // The pattern matches only digits.
	return kib / 1024
}
