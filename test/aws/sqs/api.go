package sqs

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

type sendMessageInput struct {
	QueueURL          string `json:"QueueUrl"`
	MessageBody       string
	MessageAttributes map[string]Attribute
}

type sendMessageOutput struct {
	MessageID              string `json:"MessageId"`
	MD5OfMessageBody       string
	MD5OfMessageAttributes string `json:",omitempty"`
}

func (s *Service) sendMessage(_ context.Context, in sendMessageInput) (sendMessageOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return sendMessageOutput{}, err
	}
	m, err := q.send(in.MessageBody, in.MessageAttributes)
	if err != nil {
		return sendMessageOutput{}, err
	}
	return sendMessageOutput{m.id, sum(m.body), sumAttributes(m.attributes)}, nil
}

type getQueueAttributesInput struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

type getQueueAttributesOutput struct{ Attributes map[string]string }

// The numbers of messages that a queue tells (API_GetQueueAttributes). AWS counts them approximately, this queue exactly.
const (
	messagesVisible = "ApproximateNumberOfMessages"
	messagesHidden  = "ApproximateNumberOfMessagesNotVisible"
	queueARN        = "QueueArn"
)

func (s *Service) getQueueAttributes(_ context.Context, in getQueueAttributesInput) (getQueueAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return getQueueAttributesOutput{}, err
	}
	hidden := 0
	for _, m := range q.messages {
		if m.visible.After(time.Now()) {
			hidden++
		}
	}
	out := getQueueAttributesOutput{Attributes: map[string]string{}}
	for _, name := range in.AttributeNames {
		switch name {
		case messagesVisible:
			out.Attributes[name] = strconv.Itoa(len(q.messages) - hidden)
		case messagesHidden:
			out.Attributes[name] = strconv.Itoa(hidden)
		case queueARN:
			out.Attributes[name] = q.arn
		default:
			return out, gateway.NotImplemented("the attribute " + name + " of a queue")
		}
	}
	return out, nil
}

type receiveMessageInput struct {
	QueueURL              string `json:"QueueUrl"`
	MaxNumberOfMessages   *int
	MessageAttributeNames []string
}

type receivedMessage struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	MessageAttributes      map[string]Attribute `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
}

type receiveMessageOutput struct {
	Messages []receivedMessage `json:",omitempty"`
}

func (s *Service) receiveMessage(_ context.Context, in receiveMessageInput) (receiveMessageOutput, error) {
	most := 1
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if most < 1 || most > 10 {
		return receiveMessageOutput{}, gateway.Errorf("InvalidParameterValue", "MaxNumberOfMessages %d: want 1 to 10", most)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return receiveMessageOutput{}, err
	}
	var out receiveMessageOutput
	for _, m := range q.receive(most) {
		m.receipt = rand.Text()
		r := receivedMessage{MessageID: m.id, ReceiptHandle: m.receipt, Body: m.body, MD5OfBody: sum(m.body)}
		if len(in.MessageAttributeNames) > 0 {
			r.MessageAttributes = maps.Clone(m.attributes)
			keep(r.MessageAttributes, in.MessageAttributeNames)
			r.MD5OfMessageAttributes = sumAttributes(r.MessageAttributes)
		}
		out.Messages = append(out.Messages, r)
	}
	return out, nil
}

type deleteMessageInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

// deleteMessage deletes the message that was received with a handle. It succeeds if the message is gone.
func (s *Service) deleteMessage(_ context.Context, in deleteMessageInput) (gateway.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return gateway.Empty{}, err
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return in.ReceiptHandle != "" && m.receipt == in.ReceiptHandle })
	return gateway.Empty{}, nil
}

// keep removes all attributes except the wanted ones. wanted holds names, PREFIX.*, or All or .* for all attributes.
func keep(all map[string]Attribute, wanted []string) {
	if slices.Contains(wanted, "All") || slices.Contains(wanted, ".*") {
		return
	}
	maps.DeleteFunc(all, func(name string, _ Attribute) bool {
		return !slices.ContainsFunc(wanted, func(pattern string) bool {
			prefix, isPrefix := strings.CutSuffix(pattern, ".*")
			return name == pattern || isPrefix && strings.HasPrefix(name, prefix)
		})
	})
}
