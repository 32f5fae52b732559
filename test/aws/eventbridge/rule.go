package eventbridge

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// rule hands the events that match its pattern to its targets. It is changed only with the service's mutex held; its
// pattern and its targets are replaced, never changed.
type rule struct {
	name, arn   string
	description string
	text        string // of the pattern
	pattern     *pattern
	enabled     bool
	tags        map[string]string
	targets     map[string]*target // by id
}

// tag is a tag as the API and CloudFormation spell it.
type tag struct{ Key, Value string }

// Limits of a rule, as AWS has them.
const (
	maxTargets = 5
	maxPattern = 4096 // characters
)

var ruleName = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)

// ruleSettings are a rule as the API and CloudFormation spell it; only their patterns differ.
type ruleSettings struct {
	Name               string
	Description        string
	EventBusName       string
	State              string
	ScheduleExpression string
	RoleArn            string
	Tags               []tag
}

// define makes a rule without targets. The pattern is JSON, and required: schedules are refused by name.
func (s *Service) define(set ruleSettings, pattern []byte) (*rule, error) {
	switch {
	case set.ScheduleExpression != "":
		return nil, gateway.NotImplemented("the ScheduleExpression of a rule: use an EventBridge Scheduler schedule")
	case set.RoleArn != "":
		return nil, gateway.NotImplemented("the RoleArn of an EventBridge rule: give its targets the role")
	case !ruleName.MatchString(set.Name):
		return nil, invalid("rule name %q: want 1 to 64 letters, digits, '.', '-' or '_'", set.Name)
	case len(pattern) == 0:
		return nil, invalid("Parameter(s) EventPattern must be specified.")
	case len(pattern) > maxPattern:
		return nil, invalid("EventPattern has %d characters, want at most %d", len(pattern), maxPattern)
	}
	if err := s.checkBus(set.EventBusName); err != nil {
		return nil, err
	}
	r := &rule{
		name: set.Name, arn: s.account.ARN("events", "rule/"+set.Name), description: set.Description, text: string(pattern),
		tags: map[string]string{}, targets: map[string]*target{},
	}
	for _, t := range set.Tags {
		r.tags[t.Key] = t.Value
	}
	switch set.State {
	case "", "ENABLED":
		r.enabled = true
	case "DISABLED":
	default:
		return nil, gateway.NotImplemented("the State " + set.State + " of an EventBridge rule")
	}
	var err error
	r.pattern, err = parsePattern(pattern)
	return r, err
}

// checkBus refuses buses that are not the default one, which has a name and an ARN.
func (s *Service) checkBus(nameOrARN string) error {
	switch nameOrARN {
	case "", "default", s.account.ARN("events", "event-bus/default"):
		return nil
	}
	return gateway.NotImplemented("the event bus " + nameOrARN + ": there is only the default bus")
}

// find needs mu.
func (s *Service) find(name, bus string) (*rule, error) {
	if err := s.checkBus(bus); err != nil {
		return nil, err
	}
	r, ok := s.rules[name]
	if !ok {
		return nil, notFound("Rule %s does not exist on EventBus default.", name)
	}
	return r, nil
}

// setTargets adds targets to those that a rule has, or replaces those of the same id. It needs mu.
func (r *rule) setTargets(targets []*target) error {
	all := maps.Clone(r.targets)
	for _, t := range targets {
		all[t.ID] = t
	}
	if len(all) > maxTargets {
		return gateway.Errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed: "+
			"a rule has at most %d targets", maxTargets)
	}
	r.targets = all
	return nil
}

// sorted needs mu.
func (s *Service) sorted(prefix string) []*rule {
	var all []*rule
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		if strings.HasPrefix(name, prefix) {
			all = append(all, s.rules[name])
		}
	}
	return all
}

func (r *rule) state() string {
	if r.enabled {
		return "ENABLED"
	}
	return "DISABLED"
}
