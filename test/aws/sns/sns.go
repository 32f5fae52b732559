// Package sns is SNS on one machine: standard topics whose messages are kept for Go to read. No e-mail is sent: a message
// says whom it would have been mailed to. E-mail subscriptions count as confirmed, since nobody can follow a link in a mail
// that was not sent. Topics and subscriptions are made by stacks, and of the API there is Publish. Topic policies are kept
// and not enforced; first-in-first-out topics, message attributes and other protocols are refused by name.
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
	Subject  string // empty for none
	Text     string
	Time     time.Time
	// Mailed are the addresses that it would have been mailed to, in the order of the subscriptions.
	Mailed []string
}

// maxKept is how many messages of a topic are kept, the newest.
const maxKept = 1000

// Service holds the topics of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account

	mu     sync.Mutex
	topics map[string]*topic // by ARN
}

type topic struct {
	arn, name     string
	policy        string // empty for the one that SNS gives
	subscriptions []subscription
	messages      []Message
}

// subscription is one of e-mail.
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

// Messages are the newest messages of a topic, the oldest of them first; none when there is no such topic.
func (s *Service) Messages(topicARN string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.topics[topicARN]; ok {
		return slices.Clone(t.messages)
	}
	return nil
}

// Policy is the policy of a topic, empty when it has none of its own or when there is no such topic.
func (s *Service) Policy(topicARN string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.topics[topicARN]; ok {
		return t.policy
	}
	return ""
}

// topic needs mu.
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
