//go:build linux

package lambda

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// When a process ends, wait kills the processes that it started. kill does not kill a later process with the same pid.
func TestKillOnlyTheOwnGroup(t *testing.T) {
	var out strings.Builder
	finished := &processGroup{cmd: exec.Command("/bin/sh", "-c", "/bin/sleep 600 >/dev/null 2>&1 & echo $!")}
	finished.cmd.Stdout = &out
	if err := finished.start(); err != nil {
		t.Fatal(err)
	}
	if err := finished.wait(); err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !ended(child); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("child %d still runs after its parent has ended", child)
		}
	}

	other := &processGroup{cmd: exec.Command("/bin/cat")}
	in, err := other.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.start(); err != nil {
		t.Fatal(err)
	}
	finished.cmd.Process = other.cmd.Process // as if the system had reused the pid
	finished.kill()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.wait(); err != nil {
		t.Errorf("a process of another group ended with %v", err)
	}
}

// ended reports whether a process does not exist or is a zombie.
func ended(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}
