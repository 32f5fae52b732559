package lambda

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// maxLine is the longest line that is not split, in bytes. It is the size limit of an event in CloudWatch Logs.
const maxLine = 256 << 10

// drained is a mark in the output stream. drain writes it after an invocation has answered: the output of the
// invocation is before the mark.
var drained = []byte("\x00\x02invocation answered\x03\x00\n")

// outputPipe copies the standard output and the standard error of a process, in their common order, to its log stream.
type outputPipe struct {
	read, write *os.File
	marks       chan struct{}
	done        chan struct{}
}

func newOutputPipe(o *output) (*outputPipe, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe for a function's output: %w", err)
	}
	p := &outputPipe{read: read, write: write, marks: make(chan struct{}, 1), done: make(chan struct{})}
	go p.copy(o)
	return p, nil
}

// drain waits, at most 1 second, until all earlier output is in the log.
func (p *outputPipe) drain() {
	if _, err := p.write.Write(drained); err != nil {
		return // the process has ended, and close has read all output
	}
	limit := time.NewTimer(time.Second)
	defer limit.Stop()
	select {
	case <-p.marks:
	case <-p.done:
	case <-limit.C:
	}
}

// close closes the pipe after all output was read. It waits at most 1 second: a process that left the group may keep
// the pipe open.
func (p *outputPipe) close() {
	// Errors have no consequence: the pipe is closed in any case.
	_ = p.write.Close()
	_ = p.read.SetReadDeadline(time.Now().Add(time.Second))
	<-p.done
	_ = p.read.Close()
}

func (p *outputPipe) copy(o *output) {
	defer close(p.done)
	r := bufio.NewReaderSize(p.read, maxLine)
	for {
		line, err := r.ReadSlice('\n')
		if marked := bytes.HasSuffix(line, drained); marked {
			line = bytes.TrimSuffix(line, drained)
			select {
			case p.marks <- struct{}{}:
			default:
			}
		}
		if text := bytes.TrimRight(line, "\r\n"); len(text) > 0 {
			o.line(string(text))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
