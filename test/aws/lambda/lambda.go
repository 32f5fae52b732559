// Package lambda is the Lambda of the embedded AWS. It has the functions and layers that CloudFormation creates. It
// runs the uploaded bootstraps as child processes that use the Runtime API.
//
// It differs from AWS as follows. Code is in a folder that LAMBDA_TASK_ROOT names, not in /var/task. Layers are in a
// folder that LD_LIBRARY_PATH and PATH name, not in /opt. All programs share the file system and the network of the
// machine. The memory limit works on Linux only. Ephemeral storage is the folder TMPDIR, without a limit. This package
// does not check permissions: the gateway in front of Handler does.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Roles returns the credentials of a role. It returns an error for a role that does not exist.
type Roles interface {
	// FunctionCredentials returns those of the code of a function, whose name is also the name of the session.
	FunctionCredentials(roleARN, function string) (aws.Credentials, error)
}

// Code returns the zip files of functions and layers.
type Code interface {
	Object(ctx context.Context, bucket, key string) ([]byte, error)
}

// Logs receives the log lines of functions.
type Logs interface {
	Put(group, stream, message string)
}

// Options configure the service. The zero Options run functions as processes, with defaults for one machine.
type Options struct {
	// Environment has variables for every function, such as AWS_ENDPOINT_URL, with which SDKs call the embedded AWS. A
	// function's own variables win.
	Environment map[string]string
	// Dir is the folder for unpacked code. Empty means a temporary folder that Close removes.
	Dir string
	// Idle is the time after which the service stops an unused environment. 0 means 5 minutes.
	Idle time.Duration
	// Concurrency is the account's limit for the number of concurrent invocations of all functions. 0 means 100.
	Concurrency int
	// InProcess, when not nil, runs all functions in this process. The service does not fetch or unpack code. In a
	// testing/synctest bubble time is virtual.
	InProcess InProcess
	// Replace, when not nil, runs some functions in this process. The service calls it for each new environment. When
	// it returns a nil function, the bootstrap runs. The service fetches, checks and unpacks code and layers in both
	// cases.
	Replace InProcess
	// Faults, when not nil, returns the faults of invocations.
	Faults Faults
	// May decides what Lambda may do as the roles of functions: write logs and traces, and make network interfaces.
	May gateway.May
	// Counted, when not nil, is called for each value 1 of a metric of a function, by its name: Invocations, Errors, Throttles.
	Counted func(function, metric string)
	// Traced, when not nil, is called with the name of a function for each invocation that is traced.
	Traced func(function string)
}

// Service is the emulated Lambda. It is safe for concurrent use.
type Service struct {
	account account.Account
	clock   clock.Clock
	roles   Roles
	code    Code
	logs    Logs
	options Options

	// live ends when the service closes, and stops background work.
	live   context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	functions map[string]*function
	layers    map[string]*layerVersion
	versions  map[string]int // newest version number by layer name
	running   int            // invocations in progress, of all functions
	store     *store         // unpacked code; nil with Options.InProcess
}

// New returns a service without functions. It returns an error when it cannot create the folder for code.
func New(
	a account.Account, c clock.Clock, roles Roles, code Code, logs Logs, options Options,
) (*Service, error) {
	if options.Idle == 0 {
		options.Idle = 5 * time.Minute
	}
	if options.Concurrency == 0 {
		options.Concurrency = 100
	}
	s := &Service{
		account: a, clock: c, roles: roles, code: code, logs: logs, options: options,
		functions: map[string]*function{}, layers: map[string]*layerVersion{}, versions: map[string]int{},
	}
	if options.InProcess == nil {
		store, err := newStore(options.Dir)
		if err != nil {
			return nil, err
		}
		s.store = store
	}
	s.live, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Close stops all processes and background work, and removes a temporary code folder. A running invocation returns an
// error to its caller.
func (s *Service) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var idle []environment
	for _, f := range s.functions {
		idle = append(idle, f.retire()...)
	}
	s.mu.Unlock()
	s.cancel()
	for _, e := range idle {
		e.stop()
	}
	s.work.Wait()
	if s.store == nil {
		return nil
	}
	return s.store.close()
}

// Handler serves the API of Lambda. The signing name is "lambda".
func (s *Service) Handler() http.Handler { return s.routes() }

// background starts f in a goroutine that Close waits for. It returns false, and does not start f, after Close.
func (s *Service) background(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Go(f)
	return true
}

func newFolder(dir string) (folder string, temporary bool, err error) {
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", false, fmt.Errorf("folder for Lambda code: %w", err)
		}
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return "", false, fmt.Errorf("folder for Lambda code: %w", err)
		}
		return absolute, false, nil
	}
	folder, err = os.MkdirTemp("", "lambda-")
	if err != nil {
		return "", false, fmt.Errorf("folder for Lambda code: %w", err)
	}
	return folder, true, nil
}

var errClosed = errors.New("the Lambda service is closing")
