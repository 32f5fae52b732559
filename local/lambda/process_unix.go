//go:build unix

package lambda

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a process into a group of its own, so that it ends with everything that it started.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a process and everything that it started. One that is already gone is no error.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
