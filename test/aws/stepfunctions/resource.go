package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// properties are the properties of AWS::StepFunctions::StateMachine.
type properties struct {
	StateMachineName        string
	StateMachineType        string
	RoleArn                 string
	DefinitionString        string
	DefinitionSubstitutions map[string]any
	LoggingConfiguration    *struct {
		Destinations []struct {
			CloudWatchLogsLogGroup struct{ LogGroupArn string }
		}
		IncludeExecutionData bool
		Level                string
	}
	TracingConfiguration struct{ Enabled bool }
	Tags                 []struct{ Key, Value string }
}

// Resources returns the resource type AWS::StepFunctions::StateMachine.
func (s *Service) Resources() resource.Types {
	return resource.Types{"AWS::StepFunctions::StateMachine": {
		CreateOnly: []string{"StateMachineName", "StateMachineType"},
		Create:     s.createResource,
		Update:     s.updateResource,
		Delete:     s.deleteResource,
	}}
}

func (s *Service) createResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[properties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.StateMachineType != "" && p.StateMachineType != "STANDARD" {
		return resource.Resource{}, gateway.Errorf("StateMachineTypeNotSupported",
			"the embedded AWS does not implement state machines of type %s, only STANDARD", p.StateMachineType)
	}
	name := p.StateMachineName
	if name == "" {
		name = r.Name(80)
	}
	rev, err := p.revision()
	if err == nil {
		err = s.checkLogging(rev)
	}
	if err != nil {
		return resource.Resource{}, err
	}
	m, err := s.create(name, rev)
	if err != nil {
		return resource.Resource{}, err
	}
	return createdResource(m.arn, name, "INITIAL"), nil
}

func createdResource(arn, name, revision string) resource.Resource {
	return resource.Resource{PhysicalID: arn, Attributes: map[string]any{
		"Arn": arn, "Name": name, "StateMachineRevisionId": revision,
	}}
}

func (s *Service) updateResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[properties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	rev, err := p.revision()
	if err == nil {
		err = s.checkLogging(rev)
	}
	if err != nil {
		return resource.Resource{}, err
	}
	id, err := s.update(r.PhysicalID, rev)
	if err != nil {
		return resource.Resource{}, err
	}
	name := r.PhysicalID[strings.LastIndexByte(r.PhysicalID, ':')+1:]
	return createdResource(r.PhysicalID, name, id), nil
}

// deleteResource deletes a state machine and waits for its running executions. Each is aborted at its next transition.
func (s *Service) deleteResource(ctx context.Context, r resource.Request) error {
	for _, e := range s.remove(r.PhysicalID) {
		select {
		case <-e.done:
		case <-ctx.Done():
			return fmt.Errorf("delete state machine %s: %s still runs: %w", r.PhysicalID, e.name, context.Cause(ctx))
		}
	}
	return nil
}

// revision checks the properties and returns their revision. An absent property has its default.
func (p properties) revision() (revision, error) {
	definition, err := p.definition()
	if err != nil {
		return revision{}, err
	}
	parsed, err := asl.ParseMachine(definition)
	if err != nil {
		return revision{}, gateway.Errorf("InvalidDefinition", "%s", err.Error())
	}
	if !rolePattern.MatchString(p.RoleArn) {
		return revision{}, gateway.Errorf("InvalidArn", "Invalid Role Arn: '%s'", p.RoleArn)
	}
	logging := loggingConfiguration{Level: "OFF"}
	if c := p.LoggingConfiguration; c != nil {
		logging.IncludeExecutionData = c.IncludeExecutionData
		if c.Level != "" {
			logging.Level = c.Level
		}
		for _, d := range c.Destinations {
			logging.Destinations = append(logging.Destinations, logDestination{logGroup{d.CloudWatchLogsLogGroup.LogGroupArn}})
		}
	}
	return revision{
		definition: definition, parsed: parsed, roleARN: p.RoleArn, logging: logging,
		tracing: tracingConfiguration(p.TracingConfiguration),
	}, logging.check()
}

// definition returns DefinitionString after it replaces every ${name} of DefinitionSubstitutions.
func (p properties) definition() (string, error) {
	if p.DefinitionString == "" {
		return "", errors.New("property DefinitionString is missing: a state machine needs a definition")
	}
	var pairs []string
	for name, value := range p.DefinitionSubstitutions {
		switch value.(type) {
		case string, bool, float64:
			pairs = append(pairs, "${"+name+"}", fmt.Sprint(value))
		default:
			return "", fmt.Errorf("property DefinitionSubstitutions.%s: want a string, number or boolean, got %v", name, value)
		}
	}
	return strings.NewReplacer(pairs...).Replace(p.DefinitionString), nil
}
