// Package sns emulates SNS. It has standard topics and keeps their messages, which Go code can read. It sends no
// e-mail: a message lists the addresses that would receive it. E-mail subscriptions count as confirmed, because nobody
// can click a link in an e-mail that was not sent. Stacks create topics and subscriptions; the only API operation is
// Publish. Topic policies are kept but not enforced. First-in-first-out topics, message attributes and other protocols
// are refused by name.
package sns

import (
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Message is a message that was published to a topic.
type Message struct {
	ID       string
	TopicARN string
	Subject  string // empty if the message has none
	Text     string
	Time     time.Time
	// Mailed are the addresses that would receive the message, in the order of the subscriptions.
	Mailed []string
}

// maxKept is how many messages of a topic are kept. Older messages are dropped.
const maxKept = 1000

// Service holds the topics of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account

	mu      sync.Mutex
	topics  map[string]*topic // by ARN
	count   func(topic, metric string)
	bounces func(endpoint string) bool
}

type topic struct {
	arn, name     string
	policy        string // empty for SNS's default policy
	key           string // of KMS; empty for a topic that is not encrypted
	subscriptions []subscription
	messages      []Message
}

// subscription is an e-mail subscription.
type subscription struct{ arn, endpoint string }

// New makes an account without topics.
func New(acct account.Account) *Service {
	return &Service{acct: acct, topics: map[string]*topic{}}
}

// Handler answers requests signed for "sns".
func (s *Service) Handler() http.Handler {
	return gateway.Query("sns", "http://sns.amazonaws.com/doc/2010-03-31/", map[string]gateway.QueryOperation{
		"Publish": s.publish,
	})
}

// Count calls f for each value 1 of a metric of a topic, by the topic's name. Call it before the first request.
func (s *Service) Count(f func(topic, metric string)) { s.count = f }

// Bounce makes the delivery to the endpoints fail for which f is true; nil makes all succeed again.
func (s *Service) Bounce(f func(endpoint string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bounces = f
}

// Messages returns the newest messages of a topic, oldest first. It returns none if the topic does not exist.
func (s *Service) Messages(topicARN string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.topics[topicARN]; ok {
		return slices.Clone(t.messages)
	}
	return nil
}

// Policy returns the policy of a topic. It is empty if the topic does not exist or has no policy of its own.
func (s *Service) Policy(topicARN string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.topics[topicARN]; ok {
		return t.policy
	}
	return ""
}

// topic must be called with mu held.
func (s *Service) topic(arn string) (*topic, error) {
	t, ok := s.topics[arn]
	if !ok {
		e := gateway.Errorf("NotFound", "Topic does not exist")
		e.Status = http.StatusNotFound
		return nil, e
	}
	return t, nil
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func invalid(format string, args ...any) *gateway.Error {
	e := gateway.Errorf("InvalidParameter", format, args...)
	e.Message = "Invalid parameter: " + e.Message
	return e
}
