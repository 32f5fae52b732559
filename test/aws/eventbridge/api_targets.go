package eventbridge

import (
	"context"
	"maps"
	"slices"
)

type putTargetsIn struct {
	Rule, EventBusName string
	Targets            []target
}

// targetsOut is the answer of PutTargets and RemoveTargets: a target that is wrong fails the whole request here.
type targetsOut struct {
	FailedEntryCount int
	FailedEntries    []struct{}
}

func (s *Service) putTargets(_ context.Context, in putTargetsIn) (*targetsOut, error) {
	targets, err := s.checkAll(in.Targets)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	return &targetsOut{FailedEntries: []struct{}{}}, r.setTargets(targets)
}

type listTargetsIn struct{ Rule, EventBusName string }

type listTargetsOut struct{ Targets []*target }

func (s *Service) listTargetsByRule(_ context.Context, in listTargetsIn) (*listTargetsOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	out := &listTargetsOut{Targets: []*target{}}
	for _, id := range slices.Sorted(maps.Keys(r.targets)) {
		out.Targets = append(out.Targets, r.targets[id])
	}
	return out, nil
}

type removeTargetsIn struct {
	Rule, EventBusName string
	Ids                []string
}

func (s *Service) removeTargets(_ context.Context, in removeTargetsIn) (*targetsOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	left := maps.Clone(r.targets)
	for _, id := range in.Ids {
		delete(left, id)
	}
	r.targets = left
	return &targetsOut{FailedEntries: []struct{}{}}, nil
}
