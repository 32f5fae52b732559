package sns

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
)

const maxMessage = 256 << 10 // bytes

type publishResult struct {
	MessageID string `xml:"MessageId"`
}

func (s *Service) publish(_ context.Context, form url.Values) (any, error) {
	for name := range form {
		if !slices.Contains([]string{"Action", "Version", "TopicArn", "Message", "Subject"}, name) {
			return nil, gateway.NotImplemented("the parameter " + name + " of sns:Publish")
		}
	}
	m := Message{
		ID: uuid.NewString(), TopicARN: form.Get("TopicArn"), Subject: form.Get("Subject"), Text: form.Get("Message"),
		Time: time.Now(),
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(m.TopicARN)
	if err != nil {
		return nil, err
	}
	count := func(metric string) {
		if s.count != nil {
			s.count(t.name, metric)
		}
	}
	count("NumberOfMessagesPublished")
	for _, sub := range t.subscriptions {
		if s.bounces != nil && s.bounces(sub.endpoint) {
			count("NumberOfNotificationsFailed")
			continue
		}
		m.Mailed = append(m.Mailed, sub.endpoint)
	}
	t.messages = append(t.messages, m)
	t.messages = slices.Clone(t.messages[max(0, len(t.messages)-maxKept):])
	return publishResult{m.ID}, nil
}

// validSubject matches what the documentation of Publish allows: text of less than 100 characters, without control
// characters and line breaks.
var validSubject = regexp.MustCompile(`^[^\pC\p{Zl}\p{Zp}]{1,99}$`)

func (m Message) check() error {
	switch {
	case m.Text == "":
		return invalid("Empty message")
	case len(m.Text) > maxMessage:
		return invalid("Message too long")
	case m.Subject != "" && !validSubject.MatchString(m.Subject):
		return invalid("Subject")
	}
	return nil
}
