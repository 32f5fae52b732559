package sns

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
)

var (
	queueForm = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9_-]+$`)
	emailForm = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
)

// newSubscription checks a subscription. Protocols other than e-mail and SQS are refused by name.
func newSubscription(topicARN, protocol, endpoint string, raw bool) (*subscription, error) {
	switch protocol {
	case "email", "email-json":
		if !emailForm.MatchString(endpoint) {
			return nil, invalid("Email address %q", endpoint)
		}
		if raw {
			return nil, invalid("Attributes Reason: RawMessageDelivery: e-mail subscriptions have none")
		}
	case "sqs":
		if !queueForm.MatchString(endpoint) {
			return nil, invalid("SQS endpoint ARN %q: want the ARN of a standard queue", endpoint)
		}
	default:
		return nil, gateway.NotImplemented("the protocol " + protocol + " of SNS subscriptions: only e-mail and SQS")
	}
	return &subscription{arn: topicARN + ":" + uuid.NewString(), protocol: protocol, endpoint: endpoint, raw: raw}, nil
}

// add subscribes, unless the endpoint is subscribed already: then it is that subscription. The service's mutex is held.
func (t *topic) add(sub *subscription) (*subscription, error) {
	for _, other := range t.subscriptions {
		if other.protocol == sub.protocol && other.endpoint == sub.endpoint {
			if other.raw != sub.raw {
				return nil, invalid("Attributes Reason: Subscription already exists with different attributes")
			}
			return other, nil
		}
	}
	t.subscriptions = append(t.subscriptions, sub)
	return sub, nil
}

// remove unsubscribes; the service's mutex is held.
func (t *topic) remove(arn string) {
	before := len(t.subscriptions)
	t.subscriptions = slices.DeleteFunc(t.subscriptions, func(sub *subscription) bool { return sub.arn == arn })
	t.deleted += before - len(t.subscriptions)
}

// topicOf is the ARN of the topic of a subscription's ARN.
func topicOf(subscriptionARN string) string {
	return subscriptionARN[:max(0, strings.LastIndexByte(subscriptionARN, ':'))]
}

// subscription needs mu.
func (s *Service) subscription(arn string) (*topic, *subscription, error) {
	t, ok := s.topics[topicOf(arn)]
	if !ok {
		return nil, nil, notFound("Subscription does not exist")
	}
	i := slices.IndexFunc(t.subscriptions, func(sub *subscription) bool { return sub.arn == arn })
	if i < 0 {
		return nil, nil, notFound("Subscription does not exist")
	}
	return t, t.subscriptions[i], nil
}

type subscribeResult struct {
	SubscriptionARN string `xml:"SubscriptionArn"`
}

func (s *Service) subscribe(_ context.Context, form url.Values) (any, error) {
	err := only(form, "Subscribe", "TopicArn", "Protocol", "Endpoint", "ReturnSubscriptionArn", "Attributes.")
	if err != nil {
		return nil, err
	}
	raw := false
	for name, value := range entries(form, "Attributes", "key", "value") {
		if name != "RawMessageDelivery" {
			return nil, gateway.NotImplemented("the attribute " + name + " of SNS subscriptions")
		}
		if raw, err = strconv.ParseBool(value); err != nil {
			return nil, invalid("Attributes Reason: RawMessageDelivery: %q is not true or false", value)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	sub, err := newSubscription(t.arn, form.Get("Protocol"), form.Get("Endpoint"), raw)
	if err != nil {
		return nil, err
	}
	sub, err = t.add(sub)
	if err != nil {
		return nil, err
	}
	return subscribeResult{sub.arn}, nil
}

func (s *Service) unsubscribe(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "Unsubscribe", "SubscriptionArn"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, sub, err := s.subscription(form.Get("SubscriptionArn")); err == nil {
		t.remove(sub.arn)
	}
	return nil, nil // what is gone is unsubscribed
}

type listedSubscription struct {
	SubscriptionARN string `xml:"SubscriptionArn"`
	Owner           string
	Protocol        string
	Endpoint        string
	TopicARN        string `xml:"TopicArn"`
}

type listSubscriptionsResult struct {
	Subscriptions struct {
		Members []listedSubscription `xml:"member"`
	}
}

func (s *Service) listed(t *topic) []listedSubscription {
	var all []listedSubscription
	for _, sub := range t.subscriptions {
		all = append(all, listedSubscription{sub.arn, s.acct.ID, sub.protocol, sub.endpoint, t.arn})
	}
	return all
}

func (s *Service) listSubscriptionsByTopic(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "ListSubscriptionsByTopic", "TopicArn"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	var out listSubscriptionsResult
	out.Subscriptions.Members = s.listed(t)
	return out, nil
}

func (s *Service) listSubscriptions(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "ListSubscriptions"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out listSubscriptionsResult
	for _, arn := range s.arns() {
		out.Subscriptions.Members = append(out.Subscriptions.Members, s.listed(s.topics[arn])...)
	}
	return out, nil
}

func (s *Service) getSubscriptionAttributes(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "GetSubscriptionAttributes", "SubscriptionArn"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, sub, err := s.subscription(form.Get("SubscriptionArn"))
	if err != nil {
		return nil, err
	}
	return attributesResult(map[string]string{
		"SubscriptionArn": sub.arn, "TopicArn": t.arn, "Protocol": sub.protocol, "Endpoint": sub.endpoint,
		"Owner": s.acct.ID, "PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true",
		"RawMessageDelivery": strconv.FormatBool(sub.raw),
	}), nil
}
