package cloudformation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

type (
	keyValue struct {
		Key   string `xml:"Key"`
		Value string `xml:"Value"`
	}
	parameterAnswer struct {
		Key      string `xml:"ParameterKey"`
		Value    string `xml:"ParameterValue"`
		Resolved string `xml:"ResolvedValue,omitempty"`
	}
	outputAnswer struct {
		Key         string `xml:"OutputKey"`
		Value       string `xml:"OutputValue"`
		Description string `xml:"Description,omitempty"`
	}
	stackAnswer struct {
		ID              string            `xml:"StackId"`
		Name            string            `xml:"StackName"`
		Description     string            `xml:"Description,omitempty"`
		Status          string            `xml:"StackStatus"`
		Reason          string            `xml:"StackStatusReason,omitempty"`
		Created         string            `xml:"CreationTime"`
		Updated         string            `xml:"LastUpdatedTime,omitempty"`
		Deleted         string            `xml:"DeletionTime,omitempty"`
		ChangeSetID     string            `xml:"ChangeSetId,omitempty"`
		RoleARN         string            `xml:"RoleARN,omitempty"`
		DisableRollback bool              `xml:"DisableRollback"`
		Protected       bool              `xml:"EnableTerminationProtection"`
		DriftStatus     string            `xml:"DriftInformation>StackDriftStatus"`
		Capabilities    []string          `xml:"Capabilities>member,omitempty"`
		Parameters      []parameterAnswer `xml:"Parameters>member,omitempty"`
		Outputs         []outputAnswer    `xml:"Outputs>member,omitempty"`
		Tags            []keyValue        `xml:"Tags>member,omitempty"`
	}
	describeStacksResult struct {
		Stacks []stackAnswer `xml:"Stacks>member"`
	}
)

func (st *stack) answer() stackAnswer {
	a := stackAnswer{
		ID: st.id, Name: st.name, Description: st.description, Status: st.status, Reason: st.reason,
		Created: stamp(st.created), Updated: stamp(st.updated), Deleted: stamp(st.deleted), RoleARN: st.roleARN,
		DriftStatus: "NOT_CHECKED", Capabilities: st.capabilities,
	}
	for _, cs := range st.changeSets {
		if strings.HasPrefix(cs.execution, "EXECUTE_") {
			a.ChangeSetID = cs.id
		}
	}
	for _, o := range st.outputs {
		a.Outputs = append(a.Outputs, outputAnswer{Key: o.key, Value: o.value, Description: o.description})
	}
	if st.plan != nil {
		a.Parameters, a.Tags = answerParameters(st.plan.parameters), answerTags(st.plan.tags)
	}
	return a
}

func answerParameters(parameters []parameterValue) []parameterAnswer {
	var all []parameterAnswer
	for _, p := range parameters {
		all = append(all, parameterAnswer{Key: p.key, Value: p.shown(), Resolved: p.resolved})
	}
	return all
}

func answerTags(tags map[string]string) []keyValue {
	var all []keyValue
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, keyValue{key, tags[key]})
	}
	return all
}

func (s *Service) describeStacks(_ context.Context, f *form) (any, error) {
	name := f.text("StackName")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var result describeStacksResult
	if name != "" {
		st, missing := s.find(name)
		if missing != nil {
			return nil, missing
		}
		result.Stacks = append(result.Stacks, st.answer())
		return result, nil
	}
	for _, st := range slices.Backward(s.stacks) {
		if st.status != deleteComplete {
			result.Stacks = append(result.Stacks, st.answer())
		}
	}
	return result, nil
}
