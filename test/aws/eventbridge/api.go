package eventbridge

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// maxEntries is how many events one PutEvents takes.
const maxEntries = 10

type entry struct {
	Source       string
	DetailType   string
	Detail       string
	Time         *gateway.Time
	Resources    []string
	EventBusName string
}

type entryResult struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

type putEventsIn struct{ Entries []entry }

type putEventsOut struct {
	FailedEntryCount int
	Entries          []entryResult
}

func (s *Service) putEvents(_ context.Context, in putEventsIn) (*putEventsOut, error) {
	if n := len(in.Entries); n < 1 || n > maxEntries {
		return nil, invalid("PutEvents has %d entries, want 1 to %d", n, maxEntries)
	}
	out := &putEventsOut{Entries: make([]entryResult, len(in.Entries))}
	for i, e := range in.Entries {
		id, err := s.putEntry(e)
		out.Entries[i].EventID = id
		if err == nil {
			continue
		}
		out.FailedEntryCount++
		out.Entries[i].ErrorCode, out.Entries[i].ErrorMessage = "InternalFailure", err.Error()
		var own *gateway.Error
		if errors.As(err, &own) {
			out.Entries[i].ErrorCode, out.Entries[i].ErrorMessage = own.Code, own.Message
		}
	}
	return out, nil
}

func (s *Service) putEntry(e entry) (id string, err error) {
	if err := s.checkBus(e.EventBusName); err != nil {
		return "", err
	}
	switch {
	case e.Source == "":
		return "", gateway.Errorf("InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument.")
	case e.DetailType == "":
		return "", gateway.Errorf("InvalidArgument",
			"Parameter DetailType is not valid. Reason: DetailType is a required argument.")
	case !isObject(e.Detail):
		return "", gateway.Errorf("MalformedDetail", "Detail is malformed.")
	case strings.HasPrefix(e.Source, "aws."):
		return "", gateway.Errorf("NotAuthorizedForSourceException", "Not authorized for the source.")
	}
	made := Event{Source: e.Source, DetailType: e.DetailType, Resources: e.Resources, Detail: json.RawMessage(e.Detail)}
	if e.Time != nil {
		made.Time = e.Time.Time
	}
	return s.Put(made)
}

func isObject(text string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &object) == nil && object != nil
}

type testEventPatternIn struct{ EventPattern, Event string }

type testEventPatternOut struct{ Result bool }

func (s *Service) testEventPattern(_ context.Context, in testEventPatternIn) (testEventPatternOut, error) {
	p, err := parsePattern([]byte(in.EventPattern))
	if err != nil {
		return testEventPatternOut{}, err
	}
	document, err := decode([]byte(in.Event))
	if err != nil {
		return testEventPatternOut{}, invalid("Parameter Event is not valid: %v", err)
	}
	return testEventPatternOut{p.matches(document)}, nil
}

type putRuleIn struct {
	ruleSettings
	EventPattern string
}

type putRuleOut struct{ RuleArn string }

func (s *Service) putRule(_ context.Context, in putRuleIn) (*putRuleOut, error) {
	r, err := s.define(in.ruleSettings, []byte(in.EventPattern))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.rules[r.name]; ok {
		r.targets, r.tags = before.targets, before.tags // on AWS, too, the Tags of an existing rule stay
	}
	s.rules[r.name] = r
	return &putRuleOut{r.arn}, nil
}

type ruleIn struct {
	Name, EventBusName string
}

type ruleOut struct {
	Name         string
	Arn          string
	EventPattern string
	State        string
	Description  string `json:",omitempty"`
	EventBusName string
}

func (r *rule) describe() ruleOut {
	return ruleOut{r.name, r.arn, r.text, r.state(), r.description, "default"}
}

func (s *Service) describeRule(_ context.Context, in ruleIn) (ruleOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.Name, in.EventBusName)
	if err != nil {
		return ruleOut{}, err
	}
	return r.describe(), nil
}

type listRulesIn struct{ NamePrefix, EventBusName string }

type listRulesOut struct{ Rules []ruleOut }

func (s *Service) listRules(_ context.Context, in listRulesIn) (*listRulesOut, error) {
	if err := s.checkBus(in.EventBusName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &listRulesOut{Rules: []ruleOut{}}
	for _, r := range s.sorted(in.NamePrefix) {
		out.Rules = append(out.Rules, r.describe())
	}
	return out, nil
}

func (s *Service) enableRule(_ context.Context, in ruleIn) (gateway.Empty, error) {
	return gateway.Empty{}, s.enable(in, true)
}

func (s *Service) disableRule(_ context.Context, in ruleIn) (gateway.Empty, error) {
	return gateway.Empty{}, s.enable(in, false)
}

func (s *Service) enable(in ruleIn, enabled bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.Name, in.EventBusName)
	if err == nil {
		r.enabled = enabled
	}
	return err
}

func (s *Service) deleteRule(_ context.Context, in ruleIn) (gateway.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.Name, in.EventBusName)
	if err != nil {
		return gateway.Empty{}, s.checkBus(in.EventBusName) // deleting what is gone succeeds
	}
	if len(r.targets) > 0 {
		return gateway.Empty{}, invalid("Rule can't be deleted since it has targets.")
	}
	delete(s.rules, in.Name)
	return gateway.Empty{}, nil
}

type listTagsIn struct{ ResourceARN string }

type listTagsOut struct{ Tags []tag }

func (s *Service) listTagsForResource(_ context.Context, in listTagsIn) (*listTagsOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(strings.TrimPrefix(in.ResourceARN, s.account.ARN("events", "rule/")), "")
	if err != nil {
		return nil, err
	}
	out := &listTagsOut{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(r.tags)) {
		out.Tags = append(out.Tags, tag{key, r.tags[key]})
	}
	return out, nil
}
