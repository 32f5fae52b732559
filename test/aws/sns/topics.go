package sns

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// only refuses the parameters of a request that are not in allowed, of which one that ends in a dot is a prefix.
func only(form url.Values, operation string, allowed ...string) error {
	for name := range form {
		fits := func(a string) bool { return a == name || strings.HasSuffix(a, ".") && strings.HasPrefix(name, a) }
		if name != "Action" && name != "Version" && !slices.ContainsFunc(allowed, fits) {
			return gateway.NotImplemented("the parameter " + name + " of sns:" + operation)
		}
	}
	return nil
}

// entries reads a query map: PREFIX.entry.1.KEY, PREFIX.entry.1.VALUE and so on.
func entries(form url.Values, prefix, key, value string) map[string]string {
	all := map[string]string{}
	for i := 1; ; i++ {
		entry := fmt.Sprintf("%s.entry.%d.", prefix, i)
		if !form.Has(entry + key) {
			return all
		}
		all[form.Get(entry+key)] = form.Get(entry + value)
	}
}

type attribute struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type attributeMap struct {
	Attributes struct {
		Entries []attribute `xml:"entry"`
	}
}

func attributesResult(all map[string]string) attributeMap {
	var out attributeMap
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out.Attributes.Entries = append(out.Attributes.Entries, attribute{name, all[name]})
	}
	return out
}

// arns needs mu.
func (s *Service) arns() []string { return slices.Sorted(maps.Keys(s.topics)) }

type topicResult struct {
	TopicARN string `xml:"TopicArn"`
}

func (s *Service) createTopic(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "CreateTopic", "Name", "Attributes.", "Tags."); err != nil {
		return nil, err
	}
	given := entries(form, "Attributes", "key", "value")
	for name := range given {
		if name != "DisplayName" && name != "KmsMasterKeyId" {
			return nil, gateway.NotImplemented("the attribute " + name + " of SNS topics")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, fresh, err := s.newTopic(form.Get("Name"))
	if err != nil {
		return nil, err
	}
	if !fresh {
		for name, has := range map[string]string{"DisplayName": t.display, "KmsMasterKeyId": t.kms} {
			if wanted, ok := given[name]; ok && wanted != has {
				return nil, invalid("Attributes Reason: Topic already exists with different attributes")
			}
		}
		return topicResult{t.arn}, nil
	}
	t.display, t.kms = given["DisplayName"], given["KmsMasterKeyId"]
	for i := 1; form.Has(fmt.Sprintf("Tags.member.%d.Key", i)); i++ {
		t.tags[form.Get(fmt.Sprintf("Tags.member.%d.Key", i))] = form.Get(fmt.Sprintf("Tags.member.%d.Value", i))
	}
	return topicResult{t.arn}, nil
}

func (s *Service) deleteTopic(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "DeleteTopic", "TopicArn"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, form.Get("TopicArn"))
	return nil, nil // what is gone is deleted
}

type listTopicsResult struct {
	Topics struct {
		Members []topicResult `xml:"member"`
	}
}

func (s *Service) listTopics(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "ListTopics"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out listTopicsResult
	for _, arn := range s.arns() {
		out.Topics.Members = append(out.Topics.Members, topicResult{arn})
	}
	return out, nil
}

func (s *Service) getTopicAttributes(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "GetTopicAttributes", "TopicArn"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	all := map[string]string{
		"TopicArn": t.arn, "Owner": s.acct.ID, "DisplayName": t.display,
		"SubscriptionsConfirmed": strconv.Itoa(len(t.subscriptions)), "SubscriptionsPending": "0",
		"SubscriptionsDeleted": strconv.Itoa(t.deleted),
	}
	if t.policy != "" {
		all["Policy"] = t.policy
	}
	if t.kms != "" {
		all["KmsMasterKeyId"] = t.kms
	}
	return attributesResult(all), nil
}

type tag struct{ Key, Value string }

type listTagsResult struct {
	Tags struct {
		Members []tag `xml:"member"`
	}
}

func (s *Service) listTagsForResource(_ context.Context, form url.Values) (any, error) {
	if err := only(form, "ListTagsForResource", "ResourceArn"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.topics[form.Get("ResourceArn")]
	if !ok {
		return nil, &gateway.Error{Code: "ResourceNotFound", Message: "Resource does not exist", Status: 404}
	}
	var out listTagsResult
	for _, key := range slices.Sorted(maps.Keys(t.tags)) {
		out.Tags.Members = append(out.Tags.Members, tag{key, t.tags[key]})
	}
	return out, nil
}
