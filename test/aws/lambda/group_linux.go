package lambda

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts a process into a group of its own, so that it ends with everything that it started.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a process that has not been reaped, and its group. One that has ended is no error.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// wait returns when the process has ended, and ends what it left. To be called once.
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

// awaitEnd returns when a child has ended, and leaves it to be reaped: until then its number is its own. An error but
// EINTR means that there is no such child.
func awaitEnd(pid int) {
	for {
		_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if err != syscall.EINTR {
			return
		}
	}
}
