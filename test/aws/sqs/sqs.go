// Package sqs is SQS on one machine: standard queues with visibility time-outs, delays and retention. Queue policies are
// kept and not enforced; first-in-first-out queues and redrive are refused by name.
package sqs

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

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
	created        time.Time
	settings       settings
	policy         string
	messages       []*message
	arrived        chan struct{} // closed when a message comes
}

type settings struct {
	visibility, delay, retention, wait time.Duration
	kms                                string
	kmsReuse                           time.Duration
	managed                            bool // encrypted with a key of SQS, as it says; nothing here is
}

// Attribute is a message attribute; DataType is "String", "Number" or "Binary", or one of them with ".LABEL".
type Attribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

// check is what SQS checks: an empty value, for one, is refused.
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
	attributes map[string]Attribute
	sent       time.Time
	visible    time.Time
	received   int
	first      time.Time // received
	receipt    string
}

// New makes an account without queues.
func New(acct account.Account) *Service {
	return &Service{acct: acct, queues: map[string]*queue{}}
}

// Handler answers requests signed for "sqs".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("sqs", map[string]gateway.Operation{
		"SendMessage":        gateway.Op(s.sendMessage),
		"ReceiveMessage":     gateway.Op(s.receiveMessage),
		"DeleteMessage":      gateway.Op(s.deleteMessage),
		"GetQueueUrl":        gateway.Op(s.getQueueURL),
		"GetQueueAttributes": gateway.Op(s.getQueueAttributes),
		"PurgeQueue":         gateway.Op(s.purgeQueue),
	})
}

// Send puts a message with String attributes into the queue of an ARN, for services of AWS that deliver to queues. The
// error is QueueDoesNotExist when there is none of that ARN.
func (s *Service) Send(_ context.Context, queueARN, body string, attributes map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, ours := strings.CutPrefix(queueARN, s.acct.ARN("sqs", ""))
	q, ok := s.queues[name]
	if !ours || !ok {
		return gateway.Errorf("QueueDoesNotExist", "The specified queue does not exist: %s", queueARN)
	}
	typed := map[string]Attribute{}
	for name, value := range attributes {
		typed[name] = Attribute{DataType: "String", StringValue: value}
	}
	_, err := q.send(body, typed, q.settings.delay)
	return err
}

// queue takes a name or a URL; it needs mu.
func (s *Service) queue(nameOrURL string) (*queue, error) {
	q, ok := s.queues[nameOrURL[strings.LastIndexByte(nameOrURL, '/')+1:]]
	if !ok {
		return nil, gateway.Errorf("QueueDoesNotExist", "The specified queue does not exist: %s", nameOrURL)
	}
	q.forgetOld()
	return q, nil
}

const maxMessage = 1 << 20 // bytes

func (q *queue) send(body string, attributes map[string]Attribute, delay time.Duration) (*message, error) {
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
	m := &message{id: id(), body: body, attributes: attributes, sent: time.Now(), visible: time.Now().Add(delay)}
	q.messages = append(q.messages, m)
	close(q.arrived)
	q.arrived = make(chan struct{})
	return m, nil
}

func (q *queue) forgetOld() {
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return time.Since(m.sent) > q.settings.retention })
}

// take hands out up to most messages that are visible, and hides them.
func (q *queue) take(most int, hide time.Duration) []*message {
	var taken []*message
	now := time.Now()
	for _, m := range q.messages {
		if len(taken) == most {
			break
		}
		if m.visible.After(now) {
			continue
		}
		m.visible = now.Add(hide)
		m.receipt = rand.Text()
		if m.received++; m.received == 1 {
			m.first = now
		}
		copied := *m
		taken = append(taken, &copied)
	}
	return taken
}

// next is when the next hidden message becomes visible.
func (q *queue) next() (time.Time, bool) {
	var soonest time.Time
	for _, m := range q.messages {
		if soonest.IsZero() || m.visible.Before(soonest) {
			soonest = m.visible
		}
	}
	return soonest, !soonest.IsZero()
}

// receive waits up to wait for the first message.
func (s *Service) receive(ctx context.Context, name string, most int, hide, wait *time.Duration) ([]*message, error) {
	s.mu.Lock()
	q, err := s.queue(name)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if hide == nil {
		hide = &q.settings.visibility
	}
	if wait == nil {
		wait = &q.settings.wait
	}
	deadline := time.Now().Add(*wait)
	for {
		taken := q.take(most, *hide)
		arrived := q.arrived
		until := deadline
		if soonest, ok := q.next(); ok && soonest.Before(until) {
			until = soonest
		}
		s.mu.Unlock()
		if len(taken) > 0 || !time.Now().Before(deadline) {
			return taken, nil
		}
		timer := time.NewTimer(time.Until(until))
		select {
		case <-arrived:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("wait for a message of %s: %w", name, context.Cause(ctx))
		}
		timer.Stop()
		s.mu.Lock()
	}
}

func id() string {
	b := md5.Sum([]byte(rand.Text()))
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func sum(text string) string {
	b := md5.Sum([]byte(text))
	return hex.EncodeToString(b[:])
}

// sumAttributes is the digest that SDKs compare: of every attribute in the order of names its name, type and value,
// each after its length.
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
