// Package scheduler is the EventBridge Scheduler of the embedded AWS. A schedule fires at wall clock times in its own
// time zone. It starts a state machine with the credentials of its execution role, and it retries. It sends an event
// that it cannot deliver to its dead-letter queue. Stacks create schedules. The only operation of the AWS API is
// ListSchedules.
//
// A schedule fires at the second that the expression names. On AWS it fires up to a minute later.
package scheduler

import (
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/delivery"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Delivery is how one firing of a schedule ended.
type Delivery struct {
	Group, Schedule string
	ScheduledTime   time.Time
	delivery.Outcome
	// DeadLetterErr says why sending the event to the dead-letter queue failed; nil when it did not.
	DeadLetterErr error
}

// Service is the emulated Scheduler. It is safe for concurrent use.
type Service struct {
	account account.Account
	caller  delivery.Caller
	workers *delivery.Workers[Delivery] // run timers and deliveries

	mu     sync.Mutex
	groups map[string]*group
}

// New returns a service with the group "default". The service calls targets through g. c measures the pauses between
// retries. The scale of c does not change when schedules fire.
func New(a account.Account, c clock.Clock, g *gateway.Gateway, roles delivery.Roles) *Service {
	config := func(p aws.CredentialsProvider) aws.Config { return g.Config(a.Region, p) }
	s := &Service{
		account: a, caller: delivery.Caller{Clock: c, Roles: roles, Config: config}, workers: delivery.NewWorkers[Delivery](),
		groups: map[string]*group{},
	}
	s.groups[defaultGroup] = s.newGroup(defaultGroup)
	return s
}

// Close stops all timers and deliveries and returns when they have ended.
func (s *Service) Close() error {
	s.workers.Close()
	return nil
}

// Handler serves the API of EventBridge Scheduler. The signing name is "scheduler".
func (s *Service) Handler() http.Handler { return s.routes() }

// Observe registers f. The service calls f for every delivery that ends.
func (s *Service) Observe(f func(Delivery)) {
	s.workers.Observe(f)
}

// errClosing is the error of a firing after Close.
var errClosing = &gateway.Error{
	Code: "ServiceUnavailableException", Message: "the Scheduler is closing", Status: http.StatusServiceUnavailable,
}

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ValidationException", format, args...)
}

func notFound(format string, args ...any) *gateway.Error {
	e := gateway.Errorf("ResourceNotFoundException", format, args...)
	e.Status = http.StatusNotFound
	return e
}

func conflict(format string, args ...any) *gateway.Error {
	e := gateway.Errorf("ConflictException", format, args...)
	e.Status = http.StatusConflict
	return e
}
