// Package sqs emulates SQS. It has standard queues, which receive dead letters. A received message is hidden for 30
// seconds, SQS's default visibility timeout, and can then be received again until its retention period ends. Queue
// policies are kept but not enforced. First-in-first-out queues, redrive, delays and long polling are refused by name.
package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service holds the queues of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account

	mu     sync.Mutex
	queues map[string]*queue // by name
}

type queue struct {
	name, arn, url string
	retention      time.Duration
	policy         string
	messages       []*message
}

// Attribute is a message attribute. DataType is "String", "Number" or "Binary", or one of them with ".LABEL".
type Attribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

// check checks what SQS checks. It refuses an empty value, for example.
func (a Attribute) check(name string) error {
	kind, _, _ := strings.Cut(a.DataType, ".")
	fits := kind == "Binary" && len(a.BinaryValue) > 0 && a.StringValue == "" ||
		(kind == "String" || kind == "Number") && a.StringValue != "" && a.BinaryValue == nil
	if !fits {
		return gateway.Errorf("InvalidParameterValue",
			"The message attribute '%s' with type '%s' must contain a non-empty value of its type: String, Number or Binary",
			name, a.DataType)
	}
	return nil
}

type message struct {
	id, body   string
	receipt    string // of the last time that it was received
	attributes map[string]Attribute
	sent       time.Time
	visible    time.Time
}

// New makes an account without queues.
func New(acct account.Account) *Service {
	return &Service{acct: acct, queues: map[string]*queue{}}
}

// Handler answers requests signed for "sqs".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("sqs", map[string]gateway.Operation{
		"GetQueueAttributes": gateway.Op(s.getQueueAttributes),
		"SendMessage":        gateway.Op(s.sendMessage),
		"ReceiveMessage":     gateway.Op(s.receiveMessage),
		"DeleteMessage":      gateway.Op(s.deleteMessage),
	})
}

// Policy returns the policy of a queue. It is empty if the queue does not exist or has no policy.
func (s *Service) Policy(queueURL string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(queueURL)
	if err != nil {
		return ""
	}
	return q.policy
}

// Visible returns how many messages of a queue can be received now. ok is false if the queue does not exist.
func (s *Service) Visible(name string) (messages int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(name)
	if err != nil {
		return 0, false
	}
	for _, m := range q.messages {
		if !m.visible.After(time.Now()) {
			messages++
		}
	}
	return messages, true
}

// queue finds a queue by its URL. It ignores the host because programs build queue URLs themselves. It must be called
// with mu held.
func (s *Service) queue(url string) (*queue, error) {
	q, ok := s.queues[url[strings.LastIndexByte(url, '/')+1:]]
	if !ok {
		return nil, gateway.Errorf("QueueDoesNotExist", "The specified queue does not exist: %s", url)
	}
	q.forgetOld()
	return q, nil
}

const maxMessage = 1 << 20 // bytes

func (q *queue) send(body string, attributes map[string]Attribute) (*message, error) {
	size := len(body)
	for name, a := range attributes {
		if err := a.check(name); err != nil {
			return nil, err
		}
		size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	switch {
	case body == "":
		return nil, gateway.Errorf("MissingParameter", "The request must contain the parameter MessageBody.")
	case size > maxMessage:
		return nil, gateway.Errorf("InvalidParameterValue",
			"One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", maxMessage)
	}
	m := &message{id: uuid.NewString(), body: body, attributes: attributes, sent: time.Now()}
	q.messages = append(q.messages, m)
	return m, nil
}

func (q *queue) forgetOld() {
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return time.Since(m.sent) > q.retention })
}

// visibilityTimeout is how long a received message is hidden from other receivers.
const visibilityTimeout = 30 * time.Second

// receive returns at most most visible messages and hides them.
func (q *queue) receive(most int) []*message {
	var taken []*message
	now := time.Now()
	for _, m := range q.messages {
		if len(taken) == most {
			break
		}
		if m.visible.After(now) {
			continue
		}
		m.visible = now.Add(visibilityTimeout)
		taken = append(taken, m)
	}
	return taken
}

func sum(text string) string {
	b := md5.Sum([]byte(text))
	return hex.EncodeToString(b[:])
}

// sumAttributes is the digest of message attributes that SDKs compare. It covers the attributes in the order of their
// names. For each attribute it hashes name, type and value, each after its length.
func sumAttributes(attributes map[string]Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	add := func(text string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		add(name)
		add(a.DataType)
		if strings.HasPrefix(a.DataType, "Binary") {
			b = append(b, 2)
			add(string(a.BinaryValue))
		} else {
			b = append(b, 1)
			add(a.StringValue)
		}
	}
	return sum(string(b))
}
