package lambda

import (
	"os/exec"
	"sync"
)

// processGroup is a child process with everything that it starts.
type processGroup struct {
	cmd *exec.Cmd

	mu     sync.Mutex
	reaped bool // the system may give the process's number to another one
}

func (g *processGroup) start() error {
	ownGroup(g.cmd)
	return g.cmd.Start()
}

// kill ends the group, unless the process has been waited for.
func (g *processGroup) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.reaped {
		killGroup(g.cmd.Process)
	}
}
