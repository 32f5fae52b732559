//go:build !linux

package lambda

import (
	"os"
	"os/exec"
)

// ownGroup does nothing here: outside of Linux there is no waiting for a process that leaves it its number, so nothing
// is sent to a group, and what a function started may outlive it.
func ownGroup(*exec.Cmd) {}

// killGroup ends the process itself; package os knows whether it has been reaped.
func killGroup(p *os.Process) { _ = p.Kill() }

// wait returns when the process has ended. To be called once.
func (g *processGroup) wait() error { return g.cmd.Wait() }
