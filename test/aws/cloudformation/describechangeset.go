package cloudformation

import (
	"context"
	"encoding/json"
)

type (
	targetAnswer struct {
		Attribute   string `xml:"Attribute"`
		Name        string `xml:"Name,omitempty"`
		Recreation  string `xml:"RequiresRecreation"`
		Path        string `xml:"Path,omitempty"`
		BeforeValue string `xml:"BeforeValue,omitempty"`
		AfterValue  string `xml:"AfterValue,omitempty"`
		ChangeType  string `xml:"AttributeChangeType,omitempty"`
	}
	detailAnswer struct {
		Target     targetAnswer `xml:"Target"`
		Evaluation string       `xml:"Evaluation"`
		Source     string       `xml:"ChangeSource"`
		Cause      string       `xml:"CausingEntity,omitempty"`
	}
	resourceChangeAnswer struct {
		PolicyAction string         `xml:"PolicyAction,omitempty"`
		Action       string         `xml:"Action"`
		LogicalID    string         `xml:"LogicalResourceId"`
		PhysicalID   string         `xml:"PhysicalResourceId,omitempty"`
		Type         string         `xml:"ResourceType"`
		Replacement  string         `xml:"Replacement,omitempty"`
		Scope        []string       `xml:"Scope>member,omitempty"`
		Details      []detailAnswer `xml:"Details>member,omitempty"`
		Before       string         `xml:"BeforeContext,omitempty"`
		After        string         `xml:"AfterContext,omitempty"`
	}
	changeAnswer struct {
		Type     string               `xml:"Type"`
		Resource resourceChangeAnswer `xml:"ResourceChange"`
	}
	changeSetSummary struct {
		ID          string `xml:"ChangeSetId"`
		Name        string `xml:"ChangeSetName"`
		StackID     string `xml:"StackId"`
		StackName   string `xml:"StackName"`
		Description string `xml:"Description,omitempty"`
		Created     string `xml:"CreationTime"`
		Execution   string `xml:"ExecutionStatus"`
		Status      string `xml:"Status"`
		Reason      string `xml:"StatusReason,omitempty"`
		Nested      bool   `xml:"IncludeNestedStacks"`
	}
	describeChangeSetResult struct {
		changeSetSummary
		Parameters   []parameterAnswer `xml:"Parameters>member,omitempty"`
		Capabilities []string          `xml:"Capabilities>member,omitempty"`
		Tags         []keyValue        `xml:"Tags>member,omitempty"`
		Changes      []changeAnswer    `xml:"Changes>member"`
	}
)

func (cs *changeSet) summary(st *stack) changeSetSummary {
	return changeSetSummary{
		ID: cs.id, Name: cs.name, StackID: st.id, StackName: st.name, Description: cs.description,
		Created: stamp(cs.created), Execution: cs.execution, Status: cs.status, Reason: cs.reason, Nested: cs.nested,
	}
}

func (s *Service) describeChangeSet(_ context.Context, f *form) (any, error) {
	name, err := f.required("ChangeSetName")
	if err != nil {
		return nil, err
	}
	stackName, values := f.text("StackName"), f.text("IncludePropertyValues") == "true"
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, cs, err := s.findChangeSet(stackName, name)
	if err != nil {
		return nil, err
	}
	result := describeChangeSetResult{
		changeSetSummary: cs.summary(st), Parameters: answerParameters(cs.plan.parameters),
		Capabilities: cs.deployment.capabilities, Tags: answerTags(cs.plan.tags),
	}
	for _, c := range cs.changes {
		answer, err := c.answer(values)
		if err != nil {
			return nil, err
		}
		result.Changes = append(result.Changes, changeAnswer{Type: "Resource", Resource: answer})
	}
	return result, nil
}

// answer describes a change. values adds the values of the properties before and after the change.
func (c change) answer(values bool) (resourceChangeAnswer, error) {
	a := resourceChangeAnswer{
		PolicyAction: c.policy, Action: c.action, LogicalID: c.logicalID, PhysicalID: c.physicalID, Type: c.kind,
		Replacement: c.replacement, Scope: c.scope,
	}
	if values {
		var err error
		if a.Before, err = c.before.text(); err != nil {
			return a, err
		}
		if a.After, err = c.after.text(); err != nil {
			return a, err
		}
	}
	for _, d := range c.details {
		detail := detailAnswer{
			Target:     targetAnswer{Attribute: d.attribute, Name: d.name, Recreation: d.recreation},
			Evaluation: "Static", Source: d.source, Cause: d.cause,
		}
		if d.dynamic {
			detail.Evaluation = "Dynamic"
		}
		if values && d.attribute == "Properties" {
			detail.Target.Path, detail.Target.ChangeType = "/Properties/"+d.name, d.how
			var err error
			if detail.Target.BeforeValue, err = shownValue(d.before); err != nil {
				return a, err
			}
			if detail.Target.AfterValue, err = shownValue(d.after); err != nil {
				return a, err
			}
		}
		a.Details = append(a.Details, detail)
	}
	return a, nil
}

// shownValue returns a string without quotes and any other value as JSON.
func shownValue(value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	case json.Number:
		return value.String(), nil
	case unknownValue:
		return knownAfterApply, nil
	}
	raw, err := toJSON(value)
	return string(raw), err
}
