// Package eventbridge is the EventBridge of the embedded AWS. It has the default event bus only. A rule matches events
// by its pattern and sends them to state machines, asynchronously and with retries. Stacks create rules. The only
// operation of the API is PutEvents. Other buses, schedules, archives and other targets are not implemented: the error
// names them.
//
// The service calls a target with the credentials of the target's role. It sends dead letters with its own credentials.
// It does not enforce the policy of the queue.
package eventbridge

import (
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/delivery"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Delivery is how the delivery of one event to one target ended.
type Delivery struct {
	Rule, Target string // name of the rule, and id of the target in the rule
	EventID      string
	delivery.Outcome
	// DeadLetterErr says why sending the event to the dead-letter queue failed; nil when it did not.
	DeadLetterErr error
}

// Service is the emulated EventBridge. It is safe for concurrent use.
type Service struct {
	account     account.Account
	caller      delivery.Caller
	credentials aws.CredentialsProvider
	workers     *delivery.Workers[Delivery]

	mu    sync.Mutex
	rules map[string]*rule // by name
	lose  func(Event) bool // nil loses no event
}

// New returns a bus without rules. clk measures the pauses between retries. credentials are the credentials of
// EventBridge. config returns an SDK configuration that reaches the gateway with the given credentials.
func New(
	acct account.Account, clk clock.Clock, roles delivery.Roles, credentials aws.CredentialsProvider,
	config func(aws.CredentialsProvider) aws.Config,
) *Service {
	return &Service{
		account: acct, caller: delivery.Caller{Clock: clk, Roles: roles, Config: config}, credentials: credentials,
		workers: delivery.NewWorkers[Delivery](), rules: map[string]*rule{},
	}
}

// Close stops all deliveries and returns when they have ended. The bus delivers no later events.
func (s *Service) Close() error {
	s.workers.Close()
	return nil
}

// Observe registers f. The service calls f for every delivery that ends, including those that Close stops.
func (s *Service) Observe(f func(Delivery)) {
	s.workers.Observe(f)
}

// Lose makes the bus lose the events that lost selects: it accepts them and delivers them to no target. Services send their events
// on a best-effort basis. nil loses none. Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html
func (s *Service) Lose(lost func(Event) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose = lost
}

// Handler serves the API of EventBridge. The signing name is "events".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("events", map[string]gateway.Operation{
		"PutEvents": gateway.Op(s.putEvents),
	})
}

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ValidationException", format, args...)
}
