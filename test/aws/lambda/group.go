package lambda

import (
	"os/exec"
	"sync"
)

// processGroup is a child process together with the processes that it starts.
type processGroup struct {
	cmd *exec.Cmd

	mu     sync.Mutex
	reaped bool // whether the process has been waited for: its pid may now belong to another process
}

func (g *processGroup) start() error {
	ownGroup(g.cmd)
	return g.cmd.Start()
}

// kill kills the group, unless the process has been waited for.
func (g *processGroup) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.reaped {
		killGroup(g.cmd.Process)
	}
}
