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

// initLimit is how long a function may take to ask for its first invocation before the invocation's own timeout
// starts to count, as on AWS.
const initLimit = 10 * time.Second

// memoryInterval is how often a running function's memory is looked at.
const memoryInterval = 50 * time.Millisecond

// process is an environment whose function is a child process.
type process struct {
	deployed *deployed
	live     context.Context
	api      *runtimeAPI
	out      *output
	pipe     *outputPipe
	group    *processGroup // nil when there is no program to run
	tmp      string
	initTime time.Duration

	ask    chan<- delivery // the waiting request for the next invocation; nil before the first one came
	broken *answer         // the init error that the function reported
	reason string          // why it could not start, as AWS words it; empty when it started
	exited chan struct{}   // closed once the process, its output and its API are gone
	exit   error           // what Wait returned; valid once exited is closed
}

// startProcess starts a function and waits until it asks for work, fails or takes too long. A function that cannot run
// is no error here: its first invocation reports it, as on AWS.
func (s *Service) startProcess(d *deployed, credentials aws.Credentials) (*process, error) {
	id := newID()
	api, err := newRuntimeAPI(d.arn)
	if err != nil {
		return nil, err
	}
	p := &process{
		deployed: d, live: s.live, api: api,
		out: newOutput(s.logs, d.logging, id), exited: make(chan struct{}),
	}
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
		p.reason = err.Error()
		p.cleanUp()
		return p, nil
	}
	go func() {
		p.exit = p.group.wait()
		p.cleanUp()
	}()
	limit := time.NewTimer(initLimit)
	defer limit.Stop()
	select {
	case p.ask = <-api.asks:
	case body := <-api.initError:
		p.broken = &answer{payload: body, failed: true}
	case <-p.exited:
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
	places := []string{bootstrap}
	if p.deployed.optRoot != "" {
		places = append(places, filepath.Join(p.deployed.optRoot, "bootstrap"))
	}
	for _, place := range places {
		if _, err := os.Stat(place); err == nil {
			cmd := exec.Command(place)
			cmd.Dir = p.deployed.taskRoot
			cmd.Env = environment
			cmd.Stdout, cmd.Stderr = p.pipe.write, p.pipe.write
			p.group = &processGroup{cmd: cmd}
			return p.group.start()
		}
	}
	//lint:ignore ST1005 these are AWS's words
	return fmt.Errorf("Couldn't find valid bootstrap(s): %v", places)
}

// cleanUp takes down what belongs to a process that has ended.
func (p *process) cleanUp() {
	p.pipe.close()
	p.api.close()
	// The scratch folder lies in the service's own, which is removed as a whole when the service closes.
	_ = os.RemoveAll(p.tmp)
	close(p.exited)
}

func (p *process) output() *output { return p.out }

func (p *process) initDuration() time.Duration { return p.initTime }

func (p *process) dead() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

func (p *process) stop() {
	p.kill()
	<-p.exited
}

func (p *process) kill() {
	if p.reason == "" {
		p.group.kill()
	}
}

func (p *process) invoke(inv invocation) outcome {
	if p.reason != "" {
		return runtimeFailure(inv.requestID, "Runtime.InvalidEntrypoint", p.reason)
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
	answered  *answer
	peakMB    int
	outOfTime bool
	cut       bool // a fault killed it
	outOfMem  bool
}

func (r *processRun) run() outcome {
	timeout := time.NewTimer(r.deployed.timeout)
	defer timeout.Stop()
	memory := time.NewTicker(memoryInterval)
	defer memory.Stop()
	closing := r.live.Done()
	over, stop := r.end.timer(r.deployed.timeout)
	defer stop()
	r.answered = r.broken
	if r.ask != nil {
		r.hand()
	}
	if r.broken != nil {
		r.kill()
	}
	for {
		select {
		case ask := <-r.api.asks:
			first := r.ask == nil && r.answered == nil
			r.ask = ask
			if first {
				r.hand() // it took longer than initLimit to come up
				continue
			}
			// An answer is always sent before the next request; it may be the one that is picked second here.
			r.collect()
			r.look()
			return r.outcome(false)
		case a := <-r.api.answers:
			r.answered = &a
		case body := <-r.api.initError:
			r.answered = &answer{payload: body, failed: true}
		case <-r.exited:
			r.collect()
			return r.outcome(true)
		case <-timeout.C:
			r.outOfTime = true
			r.kill()
		case <-over:
			r.cut = r.end.after < r.deployed.timeout
			r.outOfTime = !r.cut
			r.kill()
		case <-memory.C:
			if r.look(); r.peakMB > r.deployed.memoryMB {
				r.outOfMem = true
				r.kill()
			}
		case <-closing:
			closing = nil
			r.kill()
		}
	}
}

func (r *processRun) hand() {
	r.api.deliver(r.ask, delivery{invocation: r.invocation, deadline: time.Now().Add(r.deployed.timeout)})
}

// collect takes an answer that came with the event which is being handled.
func (r *processRun) collect() {
	if r.answered != nil {
		return
	}
	select {
	case a := <-r.api.answers:
		r.answered = &a
	case body := <-r.api.initError:
		r.answered = &answer{payload: body, failed: true}
	default:
	}
}

func (r *processRun) look() {
	r.peakMB = max(r.peakMB, peakMemoryMB(r.group.cmd.Process.Pid))
}

func (r *processRun) outcome(ended bool) outcome {
	switch {
	case r.answered != nil:
		o := outcome{payload: r.answered.payload, failed: r.answered.failed, ended: ended}
		if ended && r.exit != nil {
			o.remarks = []string{
				"RequestId: " + r.requestID + " Error: Runtime exited with error: " + r.exit.Error(), "Runtime.ExitError",
			}
		}
		return o
	case r.outOfMem:
		return runtimeFailure(r.requestID, "Runtime.ExitError", "Runtime exited with error: signal: killed")
	case r.outOfTime:
		return timedOut(r.requestID, r.deployed.timeout)
	case r.cut:
		return killed(r.requestID)
	case r.live.Err() != nil:
		return runtimeFailure(r.requestID, "Runtime.ExitError", errClosed.Error())
	case !ended:
		// It asked for more work and never answered: AWS takes that for the end of the runtime, too.
		return runtimeFailure(r.requestID, "Runtime.ExitError",
			"Runtime asked for the next invocation without answering this one")
	case r.exit != nil:
		return runtimeFailure(r.requestID, "Runtime.ExitError", "Runtime exited with error: "+r.exit.Error())
	default:
		return runtimeFailure(r.requestID, "Runtime.ExitError", "Runtime exited without providing a reason")
	}
}
