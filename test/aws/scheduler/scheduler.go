// Package scheduler is the EventBridge Scheduler of the embedded AWS. Schedules fire on the wall clock, in their own time
// zones, act as their execution roles, retry, and leave what could not be delivered in their dead-letter queues. They are
// made by stacks; of the API there is ListSchedules.
//
// A schedule fires at the second that the expression names, where AWS takes up to a minute.
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
	// DeadLetterErr is why the dead-letter queue does not have it either.
	DeadLetterErr error
}

// Service is the emulated Scheduler. It is safe for concurrent use.
type Service struct {
	account account.Account
	caller  delivery.Caller
	workers *delivery.Workers[Delivery] // of timers and deliveries

	mu     sync.Mutex
	groups map[string]*group
}

// New makes a service with the group "default". Schedules fire on the wall clock whatever c's scale is: c shortens only
// the pauses between retries. Targets are called through g.
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

// Handler answers the Scheduler API, signing name "scheduler".
func (s *Service) Handler() http.Handler { return s.routes() }

// Observe has f told of every delivery once it has ended.
func (s *Service) Observe(f func(Delivery)) {
	s.workers.Observe(f)
}

// errClosing refuses what would begin while the service closes.
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
