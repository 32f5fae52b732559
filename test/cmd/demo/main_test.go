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

func TestWrongArguments(t *testing.T) {
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

// What ends `make serve` ends the server with it: a kill of make as well as Ctrl-C, which the whole group gets.
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
			// The Node modules are not what this is about.
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
			defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }() // Whatever is left of it, if anything.
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
				t.Fatal("it does not say where it serves")
			}
			connection, err := net.DialTimeout("tcp", address, time.Second)
			if err != nil {
				t.Fatalf("it does not serve: %v", err)
			}
			connection.Close()
			if err := end(cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // make fails when it is interrupted.
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				connection, err := net.DialTimeout("tcp", address, time.Second)
				if err != nil {
					break
				}
				connection.Close()
				if time.Now().After(deadline) {
					t.Fatal("the server is still there")
				}
			}
		})
	}
}
