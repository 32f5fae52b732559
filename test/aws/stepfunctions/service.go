// Package stepfunctions is the Step Functions of the embedded AWS: Standard workflows in the Amazon States Language with
// JSONPath. Tasks are Lambda functions. Stacks create the state machines. A definition with a feature that the package
// does not implement is an error that names the feature, when the stack creates or updates the state machine.
//
// Sources: the Amazon States Language specification, the Step Functions API reference and developer guide, and
// histories recorded on AWS for the questions that these documents do not answer.
package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// Roles returns credentials of a role for a session with the given name. A role that does not exist is an error.
type Roles interface {
	Credentials(roleARN, session string) (aws.Credentials, error)
}

// Logs stores the log events of state machines.
type Logs interface {
	Put(group, stream, message string)
}

// Service holds the state machines and runs each execution in its own goroutine.
type Service struct {
	account        account.Account
	clock          clock.Clock
	countThrottled func(machineARN string)
	roles          Roles
	config         func(aws.CredentialsProvider) aws.Config
	logs           Logs
	// chance returns a random number in [0, 1) for jitter.
	chance   func() float64
	matching asl.Matching
	may      gateway.May
	traced   func(machine string) // nil without UsePermissions

	// ctx is the parent context of every execution and every call of a function. Shutdown cancels it.
	ctx     context.Context
	cancel  context.CancelCauseFunc
	running sync.WaitGroup // the goroutines of executions and of calls

	mu         sync.Mutex
	closed     bool
	machines   map[string]*machine                   // by ARN
	executions map[string]*execution                 // by ARN
	created    int64                                 // the number of state machines created so far
	started    int64                                 // the number of executions started so far
	throttled  func(machineARN string) time.Duration // nil for none
	observers  []func(StatusChange)                  // Observe replaces the slice and never changes it
}

// New makes a service. Wait states, the delays of Retry and the TimeoutSeconds of a state machine use clk. The
// TimeoutSeconds of a task is real time, because the functions really run. config returns an SDK configuration that
// sends requests to the gateway with the given credentials. With nil logs the service logs nothing.
func New(
	acct account.Account, clk clock.Clock, roles Roles, config func(aws.CredentialsProvider) aws.Config, logs Logs,
) *Service {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Service{
		account: acct, clock: clk, roles: roles, config: config, logs: logs, chance: rand.Float64,
		ctx: ctx, cancel: cancel, machines: map[string]*machine{}, executions: map[string]*execution{},
	}
}

// Jitter sets the source of random numbers in [0, 1) for the delays of Retry with full jitter. So a test can repeat the
// delays. Call Jitter before the first execution starts. Many executions call chance at the same time.
func (s *Service) Jitter(chance func() float64) { s.chance = chance }

// UsePermissions lets may decide what the service may do as the roles of state machines: deliver logs and send traces. The service
// calls traced with the name of a state machine for each execution that is traced. Call it before the first state machine exists.
func (s *Service) UsePermissions(may gateway.May, traced func(machine string)) {
	s.may, s.traced = may, traced
}

// Match sets how Retry and Catch match errors where AWS's sources disagree. Call Match before the first execution starts.
func (s *Service) Match(m asl.Matching) { s.matching = m }

var errShutdown = errors.New("the service is shutting down")

// Shutdown aborts all executions and ends all calls of functions. It returns when they have ended, or with an error when
// ctx is done. No execution starts after Shutdown.
func (s *Service) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for _, e := range s.executions {
		e.abort("", errShutdown.Error())
	}
	s.mu.Unlock()
	s.cancel(errShutdown)
	idle := make(chan struct{})
	go func() {
		s.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("shut down Step Functions: executions still run: %w", context.Cause(ctx))
	}
}

// Wait returns when an execution has ended, with any status. The error is that of ctx when ctx is done first.
func (s *Service) Wait(ctx context.Context, executionARN string) error {
	e, err := s.execution(executionARN)
	if err != nil {
		return err
	}
	select {
	case <-e.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for %s: %w", executionARN, context.Cause(ctx))
	}
}

// Handler serves the API of Step Functions. Its signing name is "states".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("states", map[string]gateway.Operation{
		"DescribeStateMachine": gateway.Op(s.describeStateMachine),
		"ListStateMachines":    gateway.Op(s.listStateMachines),
		"StartExecution":       gateway.Op(s.startExecution),
		"StopExecution":        gateway.Op(s.stopExecution),
		"DescribeExecution":    gateway.Op(s.describeExecution),
		"ListExecutions":       gateway.Op(s.listExecutions),
		"GetExecutionHistory":  gateway.Op(s.getExecutionHistory),
	})
}

// checkName returns InvalidName unless name has 1 to 80 characters, all allowed by Step Functions.
func checkName(name string) error {
	forbidden := strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f && c <= 0x9f || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", c)
	})
	if name == "" || len([]rune(name)) > 80 || forbidden {
		return gateway.Errorf("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}
