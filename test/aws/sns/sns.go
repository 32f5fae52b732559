// Package sns is SNS on one machine: standard topics whose messages reach SQS queues at once and are kept for Go to
// read. No e-mail is sent: a message says whom it would have been mailed to. E-mail subscriptions count as confirmed,
// since nobody can follow a link in a mail that was not sent. Topic policies are kept and not enforced;
// first-in-first-out topics, filter policies and other protocols are refused by name.
package sns

import (
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Message is a message that was published to a topic.
type Message struct {
	ID         string
	TopicARN   string
	Subject    string // empty for none
	Text       string
	Attributes map[string]Attribute
	Time       time.Time
	// Deliveries say where the message went, in the order of the subscriptions.
	Deliveries []Delivery
}

// Attribute is a message attribute; DataType is "String", "String.Array", "Number" or "Binary", or one of them with
// ".LABEL".
type Attribute struct {
	DataType    string
	StringValue string
	BinaryValue []byte
}

// Delivery is a message on its way to one subscription.
type Delivery struct {
	SubscriptionARN string
	Protocol        string // "email", "email-json" or "sqs"
	Endpoint        string // an address, which gets no mail, or the ARN of a queue
	// Err is why a queue does not have the message.
	Err error
}

// maxKept is how many messages of a topic are kept, the newest.
const maxKept = 1000

// Service holds the topics of one account. It is safe for concurrent use.
type Service struct {
	acct   account.Account
	own    aws.CredentialsProvider
	config func(aws.CredentialsProvider) aws.Config

	mu     sync.Mutex
	topics map[string]*topic // by ARN
}

// topic is changed only with the service's mutex held.
type topic struct {
	arn, name     string
	display       string
	kms           string
	policy        string // empty for the one that SNS gives
	tags          map[string]string
	subscriptions []*subscription
	messages      []Message
	deleted       int // subscriptions
}

type subscription struct {
	arn, protocol, endpoint string
	raw                     bool // the queue gets the message itself, and not an envelope around it
}

// New makes an account without topics. own are the credentials of SNS itself, and config yields an SDK configuration
// that reaches the gateway with the given credentials.
func New(
	acct account.Account, own aws.CredentialsProvider, config func(aws.CredentialsProvider) aws.Config,
) *Service {
	return &Service{acct: acct, own: own, config: config, topics: map[string]*topic{}}
}

// Handler answers requests signed for "sns".
func (s *Service) Handler() http.Handler {
	return gateway.Query("sns", "http://sns.amazonaws.com/doc/2010-03-31/", map[string]gateway.QueryOperation{
		"CreateTopic":               s.createTopic,
		"DeleteTopic":               s.deleteTopic,
		"GetSubscriptionAttributes": s.getSubscriptionAttributes,
		"GetTopicAttributes":        s.getTopicAttributes,
		"ListSubscriptions":         s.listSubscriptions,
		"ListSubscriptionsByTopic":  s.listSubscriptionsByTopic,
		"ListTagsForResource":       s.listTagsForResource,
		"ListTopics":                s.listTopics,
		"Publish":                   s.publish,
		"Subscribe":                 s.subscribe,
		"Unsubscribe":               s.unsubscribe,
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

// topic needs mu.
func (s *Service) topic(arn string) (*topic, error) {
	t, ok := s.topics[arn]
	if !ok {
		return nil, notFound("Topic does not exist")
	}
	return t, nil
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// newTopic needs mu. When the name is taken, it is the topic that has it, and fresh is false.
func (s *Service) newTopic(name string) (t *topic, fresh bool, err error) {
	if !topicName.MatchString(name) {
		return nil, false, invalid("Topic Name: %q is not 1 to 256 letters, digits, hyphens or underscores; "+
			"the embedded AWS has no first-in-first-out topics", name)
	}
	arn := s.acct.ARN("sns", name)
	if t, taken := s.topics[arn]; taken {
		return t, false, nil
	}
	t = &topic{arn: arn, name: name, tags: map[string]string{}}
	s.topics[arn] = t
	return t, true, nil
}

func invalid(format string, args ...any) *gateway.Error {
	e := gateway.Errorf("InvalidParameter", format, args...)
	e.Message = "Invalid parameter: " + e.Message
	return e
}

func notFound(format string, args ...any) *gateway.Error {
	e := gateway.Errorf("NotFound", format, args...)
	e.Status = http.StatusNotFound
	return e
}
