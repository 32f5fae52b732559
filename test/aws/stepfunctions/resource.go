package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/oralake/oralake/test/aws/resource"
)

// properties are those of AWS::StepFunctions::StateMachine.
type properties struct {
	StateMachineName        string
	StateMachineType        string
	RoleArn                 string
	Definition              json.RawMessage
	DefinitionString        string
	DefinitionSubstitutions map[string]any
	LoggingConfiguration    *struct {
		Destinations []struct {
			CloudWatchLogsLogGroup struct{ LogGroupArn string }
		}
		IncludeExecutionData bool
		Level                string
	}
	TracingConfiguration    *struct{ Enabled bool }
	EncryptionConfiguration *struct {
		Type                         string
		KmsKeyId                     string
		KmsDataKeyReusePeriodSeconds int64
	}
	Tags []struct{ Key, Value string }
}

// Resources holds AWS::StepFunctions::StateMachine.
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
	if err := checkType(p.StateMachineType); err != nil {
		return resource.Resource{}, err
	}
	name := p.StateMachineName
	if name == "" {
		name = r.Name(80)
	}
	set, err := p.settings()
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	taken := s.machines[s.machineARN(name)] != nil
	s.mu.Unlock()
	if taken {
		// CreateStateMachine would hand out the existing one, and two stacks would own it.
		return resource.Resource{}, fmt.Errorf("create state machine %s: it already exists", name)
	}
	m, err := s.create(name, set, p.tags(r))
	if err != nil {
		return resource.Resource{}, err
	}
	return described(m.arn, name, "INITIAL"), nil
}

func described(arn, name, revision string) resource.Resource {
	return resource.Resource{PhysicalID: arn, Attributes: map[string]any{
		"Arn": arn, "Name": name, "StateMachineRevisionId": revision,
	}}
}

func (s *Service) updateResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[properties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	set, err := p.settings()
	if err != nil {
		return resource.Resource{}, err
	}
	// What the template no longer gives falls back to its default.
	if set.Logging == nil {
		set.Logging = &loggingConfiguration{Level: "OFF"}
	}
	if set.Tracing == nil {
		set.Tracing = &tracingConfiguration{}
	}
	if set.Encryption == nil {
		set.Encryption = &encryptionConfiguration{Type: "AWS_OWNED_KEY"}
	}
	revision, err := s.update(r.PhysicalID, set)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := s.tagged(r.PhysicalID, func(tags map[string]string) {
		clear(tags)
		for key, value := range p.tags(r) {
			tags[key] = value
		}
	}); err != nil {
		return resource.Resource{}, err
	}
	name := r.PhysicalID[strings.LastIndexByte(r.PhysicalID, ':')+1:]
	return described(r.PhysicalID, name, revision.id), nil
}

// deleteResource waits for the executions that still run; they are aborted at their next transition.
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

func (p properties) tags(r resource.Request) map[string]string {
	tags := map[string]string{}
	for _, t := range p.Tags {
		tags[t.Key] = t.Value
	}
	for key, value := range r.Tags {
		if _, own := tags[key]; !own {
			tags[key] = value
		}
	}
	return tags
}

func (p properties) settings() (settings, error) {
	definition, err := p.definition()
	if err != nil {
		return settings{}, err
	}
	set := settings{Definition: &definition, RoleARN: &p.RoleArn, Tracing: (*tracingConfiguration)(p.TracingConfiguration)}
	if c := p.LoggingConfiguration; c != nil {
		set.Logging = &loggingConfiguration{Level: c.Level, IncludeExecutionData: c.IncludeExecutionData}
		for _, d := range c.Destinations {
			set.Logging.Destinations = append(set.Logging.Destinations,
				logDestination{logGroup{d.CloudWatchLogsLogGroup.LogGroupArn}})
		}
	}
	if c := p.EncryptionConfiguration; c != nil {
		set.Encryption = &encryptionConfiguration{
			Type: c.Type, KMSKeyID: c.KmsKeyId, ReuseSeconds: c.KmsDataKeyReusePeriodSeconds,
		}
	}
	return set, nil
}

// definition is the definition's text with every ${name} of DefinitionSubstitutions replaced.
func (p properties) definition() (string, error) {
	text := p.DefinitionString
	switch {
	case len(p.Definition) > 0 && text != "":
		return "", errors.New("properties Definition and DefinitionString: give one of them")
	case len(p.Definition) > 0:
		text = string(p.Definition)
	case text == "":
		return "", errors.New("property DefinitionString: a state machine needs a definition")
	}
	var pairs []string
	for name, value := range p.DefinitionSubstitutions {
		switch value.(type) {
		case string, bool, float64:
			pairs = append(pairs, "${"+name+"}", fmt.Sprint(value))
		default:
			return "", fmt.Errorf("property DefinitionSubstitutions.%s: %v is no string, number or boolean", name, value)
		}
	}
	return strings.NewReplacer(pairs...).Replace(text), nil
}
