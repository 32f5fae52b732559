package lambda

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// peakMemoryMB returns the peak resident memory of a process in MB, or 0 when the process has ended.
func peakMemoryMB(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, found := bytes.Cut(status, []byte("VmHWM:"))
	if !found {
		return 0
	}
	value, _, _ := bytes.Cut(bytes.TrimLeft(after, " \t"), []byte(" kB"))
	kB, err := strconv.Atoi(string(value))
	if err != nil {
		return 0
	}
	return (kB + 1023) / 1024
}
