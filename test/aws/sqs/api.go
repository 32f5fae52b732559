package sqs

import (
	"context"
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
	DelaySeconds      *int
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
	if err := within("DelaySeconds", in.DelaySeconds, 900); err != nil {
		return sendMessageOutput{}, err
	}
	delay := q.settings.delay
	if in.DelaySeconds != nil {
		delay = seconds(*in.DelaySeconds)
	}
	m, err := q.send(in.MessageBody, in.MessageAttributes, delay)
	if err != nil {
		return sendMessageOutput{}, err
	}
	return sendMessageOutput{m.id, sum(m.body), sumAttributes(m.attributes)}, nil
}

type receiveMessageInput struct {
	QueueURL                    string `json:"QueueUrl"`
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

type receivedMessage struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	Attributes             map[string]string    `json:",omitempty"`
	MessageAttributes      map[string]Attribute `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
}

type receiveMessageOutput struct {
	Messages []receivedMessage `json:",omitempty"`
}

func (s *Service) receiveMessage(ctx context.Context, in receiveMessageInput) (receiveMessageOutput, error) {
	most := 1
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if most < 1 || most > 10 {
		return receiveMessageOutput{}, gateway.Errorf("InvalidParameterValue", "MaxNumberOfMessages %d: want 1 to 10", most)
	}
	if err := within("VisibilityTimeout", in.VisibilityTimeout, 43_200); err != nil {
		return receiveMessageOutput{}, err
	}
	if err := within("WaitTimeSeconds", in.WaitTimeSeconds, 20); err != nil {
		return receiveMessageOutput{}, err
	}
	wanted := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	if slices.Contains(wanted, "SenderId") {
		return receiveMessageOutput{}, gateway.NotImplemented("sqs:ReceiveMessage with the attribute SenderId")
	}
	taken, err := s.receive(ctx, in.QueueURL, most, duration(in.VisibilityTimeout), duration(in.WaitTimeSeconds))
	if err != nil {
		return receiveMessageOutput{}, err
	}
	var out receiveMessageOutput
	for _, m := range taken {
		r := receivedMessage{MessageID: m.id, ReceiptHandle: m.receipt, Body: m.body, MD5OfBody: sum(m.body)}
		if len(wanted) > 0 {
			r.Attributes = map[string]string{
				"SentTimestamp":                    millis(m.sent),
				"ApproximateReceiveCount":          strconv.Itoa(m.received),
				"ApproximateFirstReceiveTimestamp": millis(m.first),
			}
			keep(r.Attributes, wanted)
		}
		if len(in.MessageAttributeNames) > 0 {
			r.MessageAttributes = maps.Clone(m.attributes)
			keep(r.MessageAttributes, in.MessageAttributeNames)
			r.MD5OfMessageAttributes = sumAttributes(r.MessageAttributes)
		}
		out.Messages = append(out.Messages, r)
	}
	return out, nil
}

// keep leaves only those of all that are wanted: by name, by PREFIX.*, or all of them.
func keep[V any](all map[string]V, wanted []string) {
	if slices.Contains(wanted, "All") || slices.Contains(wanted, ".*") {
		return
	}
	maps.DeleteFunc(all, func(name string, _ V) bool {
		return !slices.ContainsFunc(wanted, func(pattern string) bool {
			prefix, isPrefix := strings.CutSuffix(pattern, ".*")
			return name == pattern || isPrefix && strings.HasPrefix(name, prefix)
		})
	})
}

// within checks a number of seconds that a request may leave out.
func within(name string, n *int, most int) error {
	if n != nil && (*n < 0 || *n > most) {
		return gateway.Errorf("InvalidParameterValue", "%s is %d, want 0 to %d seconds", name, *n, most)
	}
	return nil
}

type deleteMessageInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

func (s *Service) deleteMessage(_ context.Context, in deleteMessageInput) (gateway.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return gateway.Empty{}, err
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		return m.receipt != "" && m.receipt == in.ReceiptHandle
	})
	return gateway.Empty{}, nil
}

type getQueueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

type getQueueURLOutput struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Service) getQueueURL(_ context.Context, in getQueueURLInput) (getQueueURLOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueName)
	if err != nil {
		return getQueueURLOutput{}, err
	}
	if owner := in.QueueOwnerAWSAccountID; owner != "" && owner != s.acct.ID {
		return getQueueURLOutput{}, gateway.Errorf("QueueDoesNotExist",
			"The specified queue does not exist: account %s has no queue here", owner)
	}
	return getQueueURLOutput{q.url}, nil
}

type getQueueAttributesInput struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

type getQueueAttributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(_ context.Context, in getQueueAttributesInput) (getQueueAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return getQueueAttributesOutput{}, err
	}
	var visible, delayed, hidden int
	for _, m := range q.messages {
		switch {
		case !m.visible.After(time.Now()):
			visible++
		case m.received == 0:
			delayed++
		default:
			hidden++
		}
	}
	all := map[string]string{
		"QueueArn":                              q.arn,
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"VisibilityTimeout":                     inSeconds(q.settings.visibility),
		"MessageRetentionPeriod":                inSeconds(q.settings.retention),
		"DelaySeconds":                          inSeconds(q.settings.delay),
		"ReceiveMessageWaitTimeSeconds":         inSeconds(q.settings.wait),
		"MaximumMessageSize":                    strconv.Itoa(maxMessage),
		"SqsManagedSseEnabled":                  strconv.FormatBool(q.settings.managed),
	}
	if q.settings.kms != "" {
		all["KmsMasterKeyId"] = q.settings.kms
		all["KmsDataKeyReusePeriodSeconds"] = inSeconds(q.settings.kmsReuse)
	}
	if q.policy != "" {
		all["Policy"] = q.policy
	}
	keep(all, in.AttributeNames)
	return getQueueAttributesOutput{all}, nil
}

type purgeQueueInput struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Service) purgeQueue(_ context.Context, in purgeQueueInput) (gateway.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(in.QueueURL)
	if err == nil {
		q.messages = nil
	}
	return gateway.Empty{}, err
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func duration(n *int) *time.Duration {
	if n == nil {
		return nil
	}
	return new(seconds(*n))
}

func inSeconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
