package cloudformation

import (
	"context"
	"maps"
	"slices"
)

type (
	resourceAnswer struct {
		StackID     string `xml:"StackId,omitempty"`
		StackName   string `xml:"StackName,omitempty"`
		LogicalID   string `xml:"LogicalResourceId"`
		PhysicalID  string `xml:"PhysicalResourceId,omitempty"`
		Type        string `xml:"ResourceType"`
		Status      string `xml:"ResourceStatus"`
		Reason      string `xml:"ResourceStatusReason,omitempty"`
		Timestamp   string `xml:"Timestamp,omitempty"`
		LastUpdated string `xml:"LastUpdatedTimestamp,omitempty"`
		Drift       string `xml:"DriftInformation>StackResourceDriftStatus"`
	}
	describeStackResourcesResult struct {
		Resources []resourceAnswer `xml:"StackResources>member"`
	}
	listStackResourcesResult struct {
		Summaries []resourceAnswer `xml:"StackResourceSummaries>member"`
	}
)

func (st *stack) resourceAnswers() []resourceAnswer {
	var all []resourceAnswer
	for _, id := range slices.Sorted(maps.Keys(st.resources)) {
		m := st.resources[id]
		all = append(all, resourceAnswer{
			LogicalID: id, PhysicalID: m.physicalID, Type: m.kind, Status: m.status, Reason: m.reason,
			LastUpdated: stamp(m.changed), Drift: "NOT_CHECKED",
		})
	}
	return all
}

func (s *Service) describeStackResources(_ context.Context, f *form) (any, error) {
	name, logicalID, physicalID := f.text("StackName"), f.text("LogicalResourceId"), f.text("PhysicalResourceId")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stacks := s.stacks
	if physicalID == "" {
		st, missing := s.find(name)
		if missing != nil {
			return nil, missing
		}
		stacks = []*stack{st}
	}
	var result describeStackResourcesResult
	for _, st := range stacks {
		answers := st.resourceAnswers()
		holds := func(a resourceAnswer) bool { return a.PhysicalID == physicalID }
		if physicalID != "" && !slices.ContainsFunc(answers, holds) {
			continue
		}
		for _, a := range answers {
			if logicalID == "" || a.LogicalID == logicalID {
				a.StackID, a.StackName, a.Timestamp, a.LastUpdated = st.id, st.name, a.LastUpdated, ""
				result.Resources = append(result.Resources, a)
			}
		}
	}
	if physicalID != "" && len(result.Resources) == 0 {
		return nil, validation("Stack for %s does not exist", physicalID)
	}
	return result, nil
}

func (s *Service) listStackResources(_ context.Context, f *form) (any, error) {
	name := f.text("StackName")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, missing := s.find(name)
	if missing != nil {
		return nil, missing
	}
	return listStackResourcesResult{st.resourceAnswers()}, nil
}
