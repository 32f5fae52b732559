package lambda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// initLimit is the time limit for a function's first request to the Runtime API. After it the timeout of the first
// invocation starts, as on AWS.
const initLimit = 10 * time.Second

// memoryInterval is the interval at which the memory of a running function is measured.
const memoryInterval = 50 * time.Millisecond

// process is an environment whose function is a child process.
type process struct {
	deployed *deployed
	live     context.Context
	api      *runtimeAPI
	out      *output
	pipe     *outputPipe
	group    *processGroup // nil when the process could not start
	tmp      string
	initTime time.Duration

	next       chan<- delivery // waiting request for the next invocation; nil before the first request
	initError  *answer         // init error that the function reported
	startError string          // why the process could not start, in the words of AWS; empty when it started
	done       chan struct{}   // closed when the process has ended and its output and its API are closed
	exitError  error           // what Wait returned; valid after done is closed
}

// startProcess starts a function. It waits until the function requests its first invocation, fails or reaches
// initLimit. For a function that cannot run it returns no error: the first invocation reports it, as on AWS.
func (s *Service) startProcess(d *deployed, credentials aws.Credentials) (*process, error) {
	id := newID()
	api, err := newRuntimeAPI(d.arn)
	if err != nil {
		return nil, err
	}
	p := &process{
		deployed: d, live: s.live, api: api,
		out: newOutput(s.logs, d.logging, id), done: make(chan struct{}),
	}
	p.out.begin(s.mayLog(d, p.out.stream))
	if p.tmp, err = s.store.scratch(id); err != nil {
		api.close()
		return nil, err
	}
	if p.pipe, err = newOutputPipe(p.out); err != nil {
		api.close()
		return nil, errors.Join(err, os.RemoveAll(p.tmp))
	}
	begin := time.Now()
	if err := p.start(s.variables(d, credentials, p)); err != nil {
		p.startError = err.Error()
		p.cleanUp()
		return p, nil
	}
	go func() {
		p.exitError = p.group.wait()
		p.cleanUp()
	}()
	limit := time.NewTimer(initLimit)
	defer limit.Stop()
	select {
	case p.next = <-api.requests:
	case body := <-api.initError:
		p.initError = &answer{payload: body, failed: true}
	case <-p.done:
	case <-limit.C:
	case <-p.live.Done():
		p.stop()
		return nil, errClosed
	}
	p.initTime = time.Since(begin)
	return p, nil
}

func (p *process) start(environment []string) error {
	bootstrap := filepath.Join(p.deployed.taskRoot, "bootstrap")
	candidates := []string{bootstrap}
	if p.deployed.optRoot != "" {
		candidates = append(candidates, filepath.Join(p.deployed.optRoot, "bootstrap"))
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			cmd := exec.Command(path)
			cmd.Dir = p.deployed.taskRoot
			cmd.Env = environment
			cmd.Stdout, cmd.Stderr = p.pipe.write, p.pipe.write
			p.group = &processGroup{cmd: cmd}
			return p.group.start()
		}
	}
	//lint:ignore ST1005 this is the text of AWS
	return fmt.Errorf("Couldn't find valid bootstrap(s): %v", candidates)
}

// cleanUp closes the pipe and the API of a process that has ended, and removes its scratch folder.
func (p *process) cleanUp() {
	p.pipe.close()
	p.api.close()
	// An error has no consequence: Close removes the folder that contains the scratch folder.
	_ = os.RemoveAll(p.tmp)
	close(p.done)
}

func (p *process) output() *output { return p.out }

func (p *process) initDuration() time.Duration { return p.initTime }

func (p *process) exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *process) stop() {
	p.kill()
	<-p.done
}

func (p *process) kill() {
	if p.startError == "" {
		p.group.kill()
	}
}

func (p *process) invoke(inv invocation) outcome {
	if p.startError != "" {
		return runtimeFailure(inv.requestID, "Runtime.InvalidEntrypoint", p.startError)
	}
	r := &processRun{process: p, invocation: inv}
	o := r.run()
	o.peakMB = r.peakMB
	p.pipe.drain()
	return o
}

// processRun is one invocation of a process.
type processRun struct {
	*process
	invocation
	response  *answer // nil until the function has answered
	peakMB    int
	outOfTime bool
	faulted   bool // a fault killed the process
	outOfMem  bool
}

func (r *processRun) run() outcome {
	timeout := time.NewTimer(r.deployed.timeout)
	defer timeout.Stop()
	memory := time.NewTicker(memoryInterval)
	defer memory.Stop()
	closing := r.live.Done()
	over, stop := r.killAt.timer(r.deployed.timeout)
	defer stop()
	r.response = r.initError
	if r.next != nil {
		r.deliver()
	}
	if r.initError != nil {
		r.kill()
	}
	for {
		select {
		case next := <-r.api.requests:
			first := r.next == nil && r.response == nil
			r.next = next
			if first {
				r.deliver() // the init phase took longer than initLimit
				continue
			}
			// The process sends its answer before this request, but select may receive the request first.
			r.collect()
			r.measureMemory()
			return r.outcome(false)
		case a := <-r.api.answers:
			r.response = &a
		case body := <-r.api.initError:
			r.response = &answer{payload: body, failed: true}
		case <-r.done:
			r.collect()
			return r.outcome(true)
		case <-timeout.C:
			r.outOfTime = true
			r.kill()
		case <-over:
			r.faulted = r.killAt.after < r.deployed.timeout
			r.outOfTime = !r.faulted
			r.kill()
		case <-memory.C:
			if r.measureMemory(); r.peakMB > r.deployed.memoryMB {
				r.outOfMem = true
				r.kill()
			}
		case <-closing:
			closing = nil
			r.kill()
		}
	}
}

// deliver sends the invocation to the waiting request.
func (r *processRun) deliver() {
	r.api.deliver(r.next, delivery{invocation: r.invocation, deadline: time.Now().Add(r.deployed.timeout)})
}

// collect receives an answer that has arrived, if run has not received it yet.
func (r *processRun) collect() {
	if r.response != nil {
		return
	}
	select {
	case a := <-r.api.answers:
		r.response = &a
	case body := <-r.api.initError:
		r.response = &answer{payload: body, failed: true}
	default:
	}
}

func (r *processRun) measureMemory() {
	r.peakMB = max(r.peakMB, peakMemoryMB(r.group.cmd.Process.Pid))
}

func (r *processRun) outcome(ended bool) outcome {
	switch {
	case r.response != nil:
		o := outcome{payload: r.response.payload, failed: r.response.failed, ended: ended}
		if ended && r.exitError != nil {
			o.remarks = []string{
				"RequestId: " + r.requestID + " Error: Runtime exited with error: " + r.exitError.Error(), "Runtime.ExitError",
			}
		}
		return o
	case r.outOfMem:
		return runtimeFailure(r.requestID, "Runtime.ExitError", "Runtime exited with error: signal: killed")
	case r.outOfTime:
		return timedOut(r.requestID, r.deployed.timeout)
	case r.faulted:
		return killed(r.requestID)
	case r.live.Err() != nil:
		return runtimeFailure(r.requestID, "Runtime.ExitError", errClosed.Error())
	case !ended:
		// The function requested the next invocation without an answer. AWS also treats this as the end of the runtime.
		return runtimeFailure(r.requestID, "Runtime.ExitError",
			"Runtime asked for the next invocation without answering this one")
	case r.exitError != nil:
		return runtimeFailure(r.requestID, "Runtime.ExitError", "Runtime exited with error: "+r.exitError.Error())
	default:
		return runtimeFailure(r.requestID, "Runtime.ExitError", "Runtime exited without providing a reason")
	}
}
