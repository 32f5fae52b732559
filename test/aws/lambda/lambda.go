// Package lambda is the Lambda of the embedded AWS: it keeps functions and layers that CloudFormation creates, and runs
// the uploaded bootstraps as child processes behind the real Runtime API.
//
// What differs from AWS: the code lies in a folder of its own instead of /var/task (LAMBDA_TASK_ROOT names it) and
// layers in a folder instead of /opt (LD_LIBRARY_PATH and PATH name it); the programs share the machine's file system
// and network; memory is enforced on Linux only; ephemeral storage is a folder named by TMPDIR without a limit. Who may
// invoke is not decided here, but by whoever stands before Handler.
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
)

// Roles gives a function the credentials of its role. A role that does not exist is an error.
type Roles interface {
	Credentials(roleARN, session string) (aws.Credentials, error)
}

// Code fetches the zip files that functions and layers are made of.
type Code interface {
	Object(ctx context.Context, bucket, key string) ([]byte, error)
}

// Logs takes one log line at a time.
type Logs interface {
	Put(group, stream, message string)
}

// Options are the choices of the one who runs the service. The zero Options run processes with defaults that suit one
// machine.
type Options struct {
	// Environment is added to every function's variables; AWS_ENDPOINT_URL lets SDKs find the embedded AWS. A function's
	// own variables win.
	Environment map[string]string
	// Dir is where code is unpacked; empty means a temporary folder that Close removes.
	Dir string
	// Idle is how long an unused environment waits for its next invocation; 0 means 5 minutes.
	Idle time.Duration
	// Concurrency is how many environments may run at once over all functions, as an account's limit; 0 means 100.
	Concurrency int
	// InProcess, when given, runs Go functions instead of processes: nothing is fetched or unpacked, and in a
	// testing/synctest bubble the time is virtual.
	InProcess InProcess
	// Replace, when given, is asked with each new environment for a Go function to run in place of the bootstrap, which it
	// leaves alone by giving nil. Code and layers are fetched, checked and unpacked all the same.
	Replace InProcess
	// Faults, when given, disturbs invocations.
	Faults Faults
}

// Service is the emulated Lambda. It is safe for concurrent use.
type Service struct {
	account account.Account
	clock   clock.Clock
	roles   Roles
	code    Code
	logs    Logs
	options Options

	// live ends when the service closes; background work stops with it.
	live   context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	functions map[string]*function
	layers    map[string]*layerVersion
	versions  map[string]int // the newest version number of each layer name
	running   int            // environments in use or idle
	store     *store         // unpacked code; nil for in-process functions
}

// New makes a service without functions. It fails when the folder for code cannot be made.
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

// Close ends every process and all background work, and removes a temporary code folder. An invocation that runs is
// answered with an error.
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

// Handler answers the Lambda API, signing name "lambda".
func (s *Service) Handler() http.Handler { return s.routes() }

// background runs f until it returns or the service closes; it says whether f was started.
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
