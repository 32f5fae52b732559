//go:build !linux

package lambda

import (
	"os"
	"os/exec"
)

// ownGroup does nothing outside of Linux: there is no way to wait for a process without reaping it, so that killing its
// group would not be safe. Processes that a function starts may outlive the function.
func ownGroup(*exec.Cmd) {}

// killGroup kills the process only. Package os knows whether it has been reaped.
func killGroup(p *os.Process) { _ = p.Kill() }

// wait waits until the process has ended. The caller calls it once.
func (g *processGroup) wait() error { return g.cmd.Wait() }
