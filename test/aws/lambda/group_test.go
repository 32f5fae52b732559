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

// What a process leaves behind ends with it; what has its number afterwards is not touched.
func TestAGroupIsKilledOnlyWhileItIsOne(t *testing.T) {
	var out strings.Builder
	gone := &processGroup{cmd: exec.Command("/bin/sh", "-c", "/bin/sleep 600 >/dev/null 2>&1 & echo $!")}
	gone.cmd.Stdout = &out
	if err := gone.start(); err != nil {
		t.Fatal(err)
	}
	if err := gone.wait(); err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	for patience := time.Now().Add(10 * time.Second); !ended(child); time.Sleep(time.Millisecond) {
		if time.Now().After(patience) {
			t.Fatalf("the child %d outlives its group", child)
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
	gone.cmd.Process = other.cmd.Process // as if the system had given the number away
	gone.kill()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.wait(); err != nil {
		t.Errorf("a process that is not of the group ended by %v", err)
	}
}

// ended is whether a process is gone, or only waits for its parent to ask how it ended.
func ended(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}
