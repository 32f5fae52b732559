package main

import (
	"bufio"
	"os"
	"strings"
)

// harmlessMessage is a message that the CDK's runtime (jsii) prints at its end, because it waits for its Node process twice.
// It is not an error, and it makes real messages hard to find.
const harmlessMessage = "Runtime process exited abnormally: waitid: no child processes"

// filterStandardError removes harmlessMessage from standard error until the returned function is called. All other text
// passes through. The error is that of a pipe that cannot be opened.
func filterStandardError() (restore func(), err error) {
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
			stderr.WriteString(strings.ReplaceAll(line, harmlessMessage, ""))
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
