package scheduler

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/aws/delivery"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// definition is the checked configuration of a schedule. It is immutable: an update replaces it.
type definition struct {
	expression Expression
	target     delivery.Target
	input      string
}

// enabled is the state of all schedules.
const enabled = "ENABLED"

// properties are the implemented properties of AWS::Scheduler::Schedule. For any other, such as StartDate, the error
// names the property. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-scheduler-schedule.html
type properties struct {
	Name                       string
	GroupName                  string
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	FlexibleTimeWindow         struct{ Mode string }
	State                      string
	Description                string
	Target                     struct {
		delivery.Target
		Input string
	}
}

var nameForm = regexp.MustCompile(`^[0-9a-zA-Z\-_.]{1,64}$`)

// newDefinition checks the properties of a schedule and returns its definition.
func (s *Service) newDefinition(r resource.Request) (*definition, properties, error) {
	p, err := resource.Decode[properties](r)
	if err != nil {
		return nil, p, err
	}
	expression, err := ParseExpression(p.ScheduleExpression, p.ScheduleExpressionTimezone)
	if err != nil {
		return nil, p, invalid("%s%s", strings.ToUpper(err.Error()[:1]), err.Error()[1:])
	}
	switch {
	case p.FlexibleTimeWindow.Mode == "":
		return nil, p, invalid("FlexibleTimeWindow is required")
	case p.FlexibleTimeWindow.Mode != "OFF":
		return nil, p, gateway.NotImplemented("the FlexibleTimeWindow " + p.FlexibleTimeWindow.Mode + " of a schedule")
	case p.State != "" && p.State != enabled:
		return nil, p, gateway.NotImplemented("the State " + p.State + " of a schedule")
	case !json.Valid([]byte(p.Target.Input)):
		return nil, p, invalid("Invalid RequestJson provided. Reason The Input of a target must be well-formed JSON.")
	case strings.Contains(p.Target.Input, "<aws.scheduler."):
		return nil, p, gateway.NotImplemented("the context attributes in the Input of a schedule: " + p.Target.Input)
	}
	return &definition{expression, p.Target.Target, p.Target.Input}, p, p.Target.Check(s.caller.Roles, "scheduler")
}
