package lambda

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// maxLine is the longest line that is kept in one piece, in bytes: CloudWatch Logs takes no longer event.
const maxLine = 256 << 10

// drained marks, in the stream itself, the place up to which an invocation's output reaches: what a program wrote
// before it answered lies before the mark.
var drained = []byte("\x00\x02invocation answered\x03\x00\n")

// outputPipe carries a process's output, standard output and standard error in one order, to its log stream.
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

// drain waits until everything that was written before has become log lines.
func (p *outputPipe) drain() {
	if _, err := p.write.Write(drained); err != nil {
		return // the process has ended, and close waited for the rest
	}
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case <-p.marks:
	case <-p.done:
	case <-patience.C:
	}
}

// close ends the stream once everything in it was read. A program that escaped and holds it open is not waited for.
func (p *outputPipe) close() {
	// Nothing can be done about either error, and the pipe is gone in any case.
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
