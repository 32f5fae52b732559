package eventbridge

import (
	"encoding/json"
	"regexp"

	"github.com/oralake/oralake/test/aws/gateway"
)

// rule sends the events that match its pattern to its targets. It is immutable: an update replaces it.
type rule struct {
	name, arn string
	pattern   *pattern
	targets   map[string]*target // by id
}

// tag is a tag in the form of CloudFormation.
type tag struct{ Key, Value string }

// Limits of a rule on AWS.
const (
	maxTargets = 5
	maxPattern = 4096 // characters
)

var ruleName = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)

// properties are the properties of AWS::Events::Rule. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
type properties struct {
	Name               string
	Description        string
	EventBusName       string
	State              string
	ScheduleExpression string
	RoleArn            string
	Tags               []tag
	EventPattern       json.RawMessage
	Targets            []target
}

// newRule checks the properties and returns the rule. EventPattern is required, because schedules are not implemented.
func (s *Service) newRule(p properties) (*rule, error) {
	switch {
	case p.ScheduleExpression != "":
		return nil, gateway.NotImplemented("the ScheduleExpression of a rule: use a schedule of EventBridge Scheduler")
	case p.RoleArn != "":
		return nil, gateway.NotImplemented("the RoleArn of an EventBridge rule: give its targets the role")
	case p.State != "" && p.State != "ENABLED":
		return nil, gateway.NotImplemented("the State " + p.State + " of an EventBridge rule")
	case !ruleName.MatchString(p.Name):
		return nil, invalid("rule name %q: want 1 to 64 letters, digits, '.', '-' or '_'", p.Name)
	case len(p.EventPattern) == 0:
		return nil, invalid("Parameter(s) EventPattern must be specified.")
	case len(p.EventPattern) > maxPattern:
		return nil, invalid("EventPattern has %d characters, want at most %d", len(p.EventPattern), maxPattern)
	case len(p.Targets) > maxTargets:
		return nil, gateway.Errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed: "+
			"a rule has at most %d targets", maxTargets)
	}
	if err := s.checkBus(p.EventBusName); err != nil {
		return nil, err
	}
	r := &rule{name: p.Name, arn: s.account.ARN("events", "rule/"+p.Name), targets: map[string]*target{}}
	var err error
	if r.pattern, err = parsePattern(p.EventPattern); err != nil {
		return nil, err
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		if r.targets[t.ID] != nil {
			return nil, invalid("two targets have the Id %s", t.ID)
		}
		if err := s.check(t); err != nil {
			return nil, err
		}
		r.targets[t.ID] = t
	}
	return r, nil
}

// checkBus returns an error for a bus other than the default bus.
func (s *Service) checkBus(nameOrARN string) error {
	switch nameOrARN {
	case "", "default", s.account.ARN("events", "event-bus/default"):
		return nil
	}
	return gateway.NotImplemented("the event bus " + nameOrARN + ": there is only the default bus")
}
