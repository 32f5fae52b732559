package lambda

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts a process into a process group of its own, so that killGroup also kills the processes that it starts.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the group of a process that has not been reaped. It ignores errors: the process may have ended.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// wait waits until the process has ended, and kills the rest of its group. The caller calls it once.
func (g *processGroup) wait() error {
	awaitEnd(g.cmd.Process.Pid)
	g.mu.Lock()
	killGroup(g.cmd.Process)
	g.reaped = true
	g.mu.Unlock()
	return g.cmd.Wait()
}

// byPID is P_PID of waitid(2).
const byPID = 1

// awaitEnd waits until a child process has ended. It does not reap the child, so that the pid stays reserved. Any error
// but EINTR means that there is no such child.
func awaitEnd(pid int) {
	for {
		_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if err != syscall.EINTR {
			return
		}
	}
}
