// Package stepfunctions is AWS Step Functions on one machine: Standard workflows in the Amazon States Language with JSONPath,
// whose tasks are Lambda functions. State machines are made by stacks. What it does not run it refuses by name then.
//
// Sources: the Amazon States Language specification, the Step Functions API reference and developer guide, and
// histories recorded on AWS where these leave something open.
package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Roles hands out the credentials of a role to the service that acts as it; a role that does not exist is an error.
type Roles interface {
	Credentials(roleARN, session string) (aws.Credentials, error)
}

// Logs takes the events of state machines that log them.
type Logs interface {
	Put(group, stream, message string)
}

// Service holds state machines and runs their executions, each in a goroutine of its own.
type Service struct {
	account account.Account
	clock   clock.Clock
	roles   Roles
	config  func(aws.CredentialsProvider) aws.Config
	logs    Logs
	// chance is a number in [0, 1) for jitter.
	chance func() float64

	// life ends with Shutdown, and with it every execution and every call of a function.
	life context.Context
	end  context.CancelCauseFunc
	work sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	machines   map[string]*machine   // by ARN
	executions map[string]*execution // by ARN
	made       int64                 // state machines made so far
	started    int64                 // executions started so far
	observers  []func(StatusChange)  // replaced, never changed
}

// New makes a service. Waits, the delays of Retry and the TimeoutSeconds of a state machine pass on clk; the
// TimeoutSeconds of a task is real time, because the functions really run. config yields an SDK configuration that
// reaches the gateway with the given credentials. logs may be nil: then nothing is logged.
func New(
	acct account.Account, clk clock.Clock, roles Roles, config func(aws.CredentialsProvider) aws.Config, logs Logs,
) *Service {
	life, end := context.WithCancelCause(context.Background())
	return &Service{
		account: acct, clock: clk, roles: roles, config: config, logs: logs, chance: rand.Float64,
		life: life, end: end, machines: map[string]*machine{}, executions: map[string]*execution{},
	}
}

// Jitter has chance, a number in [0, 1), decide the delays of Retry that are left to it, so that a test can repeat
// them. It is called by many executions at once, and is set before any of them starts.
func (s *Service) Jitter(chance func() float64) { s.chance = chance }

var errShutdown = errors.New("the service is shutting down")

// Shutdown aborts all executions, ends all calls of functions and waits for them, or until ctx is done. Nothing starts
// afterwards.
func (s *Service) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for _, e := range s.executions {
		e.abort("", errShutdown.Error())
	}
	s.mu.Unlock()
	s.end(errShutdown)
	idle := make(chan struct{})
	go func() {
		s.work.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("shut down Step Functions: executions still run: %w", context.Cause(ctx))
	}
}

// Wait blocks until an execution has ended, however it ends, or until ctx is done.
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

// Handler serves the API of Step Functions; its signing name is "states".
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

// checkName is InvalidName unless name is 1 to 80 characters without those that Step Functions forbids.
func checkName(name string) error {
	forbidden := strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f && c <= 0x9f || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", c)
	})
	if name == "" || len([]rune(name)) > 80 || forbidden {
		return gateway.Errorf("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}
