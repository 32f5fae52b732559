// Package eventbridge is the default event bus of EventBridge on one machine: rules match events by their patterns and hand
// them to state machines, later and with retries. Rules are made by stacks, and of the API there is PutEvents. Other buses,
// schedules, archives and other targets are refused by name.
//
// A target is called as its role. Dead letters are sent as EventBridge itself; the policy of the queue that would allow or
// deny that is not enforced here.
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
	Rule, Target string // the rule's name and the target's id in it
	EventID      string
	delivery.Outcome
	// DeadLetterErr is why the dead-letter queue does not have it either.
	DeadLetterErr error
}

// Service is the emulated EventBridge. It is safe for concurrent use.
type Service struct {
	account account.Account
	caller  delivery.Caller
	own     aws.CredentialsProvider
	workers *delivery.Workers[Delivery]

	mu    sync.Mutex
	rules map[string]*rule // by name
}

// New makes a bus without rules. The pauses between retries pass on clk. own are the credentials of EventBridge itself,
// and config yields an SDK configuration that reaches the gateway with the given credentials.
func New(
	acct account.Account, clk clock.Clock, roles delivery.Roles, own aws.CredentialsProvider,
	config func(aws.CredentialsProvider) aws.Config,
) *Service {
	return &Service{
		account: acct, caller: delivery.Caller{Clock: clk, Roles: roles, Config: config}, own: own,
		workers: delivery.NewWorkers[Delivery](), rules: map[string]*rule{},
	}
}

// Close stops all deliveries and returns when they have ended. Events that come later reach no target.
func (s *Service) Close() error {
	s.workers.Close()
	return nil
}

// Observe has f told of every delivery once it has ended. A delivery that Close stops is told of, too.
func (s *Service) Observe(f func(Delivery)) {
	s.workers.Observe(f)
}

// Handler serves the API of EventBridge; its signing name is "events".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("events", map[string]gateway.Operation{
		"PutEvents": gateway.Op(s.putEvents),
	})
}

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ValidationException", format, args...)
}
