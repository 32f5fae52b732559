package main

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestInvalidArguments(t *testing.T) {
	for line, want := range map[string]string{
		"serve extra":       `"extra" is not an option`,
		"extra":             `"extra" is not an option`,
		"serve -scale much": "invalid value",
		"serve -scale -1":   "-scale -1",
		"-speed 0":          "-speed",
	} {
		args := append(strings.Fields(line), "-dir", t.TempDir())
		if strings.Contains(line, "extra") {
			args = strings.Fields(line)
		}
		if err := run(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", line, err, want)
		}
	}
}

// The server ends when `make serve` ends: after a kill of make, and after Ctrl-C, which signals the whole process group.
func TestMakeServeEnds(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ends := map[string]func(pid int) error{
		"kill":   func(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) },
		"Ctrl-C": func(pid int) error { return syscall.Kill(-pid, syscall.SIGINT) },
	}
	if testing.Short() {
		delete(ends, "Ctrl-C")
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			// This test does not need the Node modules.
			cmd := exec.Command("make", "-s", "-o", "node_modules", "serve", "SCALE=0.001", "ARGS=-dir "+dir)
			cmd.Dir = root
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			output, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }() // Kill the process group if it still runs.
			address := ""
			for lines := bufio.NewScanner(output); lines.Scan(); {
				if _, url, found := strings.Cut(lines.Text(), "AWS_ENDPOINT_URL=http://"); found {
					address = url
				}
				if strings.HasPrefix(lines.Text(), "Ctrl-C ends it") {
					break
				}
			}
			if address == "" {
				t.Fatal("it does not print its address")
			}
			connection, err := net.DialTimeout("tcp", address, time.Second)
			if err != nil {
				t.Fatalf("it does not answer: %v", err)
			}
			connection.Close()
			if err := end(cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // make returns an error when it is interrupted.
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				connection, err := net.DialTimeout("tcp", address, time.Second)
				if err != nil {
					break
				}
				connection.Close()
				if time.Now().After(deadline) {
					t.Fatal("the server still runs")
				}
			}
		})
	}
}
