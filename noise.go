package main

import (
	"bufio"
	"os"
	"strings"
)

// noise is what the CDK's runtime prints at its end when it has waited twice for its Node process. It says nothing
// about the stack and would hide what does.
const noise = "Runtime process exited abnormally: waitid: no child processes"

// withoutNoise passes on what is written to standard error, but for the noise, until the returned function is called.
func withoutNoise() (restore func(), err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	stderr := os.Stderr
	os.Stderr = write
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewReader(read); ; {
			line, err := lines.ReadString('\n')
			stderr.WriteString(strings.ReplaceAll(line, noise, ""))
			if err != nil {
				return
			}
		}
	}()
	return func() {
		write.Close()
		<-done
		os.Stderr = stderr
	}, nil
}
