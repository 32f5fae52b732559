package sns

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
)

const maxMessage = 256 << 10 // bytes

type publishResult struct {
	MessageID string `xml:"MessageId"`
}

func (s *Service) publish(ctx context.Context, form url.Values) (any, error) {
	if err := only(form, "Publish", "TopicArn", "TargetArn", "Message", "Subject", "MessageAttributes."); err != nil {
		return nil, err
	}
	arn := form.Get("TopicArn")
	if arn == "" {
		arn = form.Get("TargetArn")
	}
	m := Message{
		ID: uuid.NewString(), TopicARN: arn, Subject: form.Get("Subject"), Text: form.Get("Message"), Time: time.Now(),
	}
	var err error
	if m.Attributes, err = attributes(form); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	t, err := s.topic(arn)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	var subscribed []subscription
	for _, sub := range t.subscriptions {
		subscribed = append(subscribed, *sub)
	}
	s.mu.Unlock()
	for _, sub := range subscribed {
		d := Delivery{SubscriptionARN: sub.arn, Protocol: sub.protocol, Endpoint: sub.endpoint}
		if sub.protocol == "sqs" {
			// A publisher that goes away has published all the same.
			d.Err = s.send(context.WithoutCancel(ctx), sub, m)
		}
		m.Deliveries = append(m.Deliveries, d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.messages = append(t.messages, m)
	t.messages = slices.Clone(t.messages[max(0, len(t.messages)-maxKept):])
	return publishResult{m.ID}, nil
}

// validSubject is what the documentation promises: text without control characters of less than 100 characters.
var validSubject = regexp.MustCompile(`^[^\pC\p{Zl}\p{Zp}]{1,99}$`)

func (m Message) check() error {
	size := len(m.Text)
	for name, a := range m.Attributes {
		size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	switch {
	case m.Text == "":
		return invalid("Empty message")
	case size > maxMessage:
		return invalid("Message too long")
	case m.Subject != "" && !validSubject.MatchString(m.Subject):
		return invalid("Subject")
	}
	return nil
}

// attributes reads MessageAttributes.entry.1.Name, MessageAttributes.entry.1.Value.DataType and so on.
func attributes(form url.Values) (map[string]Attribute, error) {
	all := map[string]Attribute{}
	for i := 1; ; i++ {
		entry := "MessageAttributes.entry." + strconv.Itoa(i)
		if !form.Has(entry + ".Name") {
			return all, nil
		}
		name := form.Get(entry + ".Name")
		a := Attribute{DataType: form.Get(entry + ".Value.DataType"), StringValue: form.Get(entry + ".Value.StringValue")}
		var err error
		if a.BinaryValue, err = base64.StdEncoding.DecodeString(form.Get(entry + ".Value.BinaryValue")); err != nil {
			return nil, invalid("the BinaryValue of message attribute %q: %v", name, err)
		}
		kind, _, _ := strings.Cut(a.DataType, ".")
		fits := kind == "Binary" && len(a.BinaryValue) > 0 && a.StringValue == "" ||
			(kind == "String" || kind == "Number") && a.StringValue != "" && len(a.BinaryValue) == 0
		if !fits {
			return nil, gateway.Errorf("ParameterValueInvalid", "The message attribute '%s' with type '%s' must contain a "+
				"non-empty value of its type: String, Number or Binary", name, a.DataType)
		}
		all[name] = a
	}
}

// notification is what a queue gets of a message. It is not signed, and says so by leaving the signature out. Source:
// https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html
type notification struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicARN          string `json:"TopicArn"`
	Subject           string `json:",omitempty"`
	Message           string
	Timestamp         string
	MessageAttributes map[string]notifiedAttribute `json:",omitempty"`
}

type notifiedAttribute struct{ Type, Value string }

// send puts a message into a subscription's queue, as SNS itself.
func (s *Service) send(ctx context.Context, sub subscription, m Message) error {
	p := strings.Split(sub.endpoint, ":")
	in := &sqs.SendMessageInput{
		QueueUrl: aws.String(fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", p[3], p[4], p[5])),
	}
	if sub.raw {
		in.MessageBody = &m.Text
		in.MessageAttributes = map[string]types.MessageAttributeValue{}
		for name, a := range m.Attributes {
			value := types.MessageAttributeValue{DataType: aws.String(a.DataType), BinaryValue: a.BinaryValue}
			if len(a.BinaryValue) == 0 {
				value.StringValue, value.BinaryValue = aws.String(a.StringValue), nil
			}
			in.MessageAttributes[name] = value
		}
	} else {
		body, err := m.notification()
		if err != nil {
			return err
		}
		in.MessageBody = &body
	}
	if _, err := sqs.NewFromConfig(s.config(s.own)).SendMessage(ctx, in); err != nil {
		return fmt.Errorf("deliver message %s to %s: %w", m.ID, sub.endpoint, err)
	}
	return nil
}

func (m Message) notification() (string, error) {
	n := notification{
		Type: "Notification", MessageID: m.ID, TopicARN: m.TopicARN, Subject: m.Subject, Message: m.Text,
		Timestamp: m.Time.UTC().Format("2006-01-02T15:04:05.000Z"), MessageAttributes: map[string]notifiedAttribute{},
	}
	for name, a := range m.Attributes {
		value := a.StringValue
		if len(a.BinaryValue) > 0 {
			value = base64.StdEncoding.EncodeToString(a.BinaryValue)
		}
		n.MessageAttributes[name] = notifiedAttribute{a.DataType, value}
	}
	body, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write message %s: %w", m.ID, err)
	}
	return string(body), nil
}
