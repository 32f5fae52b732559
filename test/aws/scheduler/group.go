package scheduler

import (
	"context"
	"time"
)

// defaultGroup holds schedules that name no group.
const defaultGroup = "default"

// group is a schedule group with its schedules. The service's mutex guards it.
type group struct {
	name              string
	arn               string
	created, modified time.Time
	schedules         map[string]*schedule
}

// schedule is a schedule with its running timer. The service's mutex guards it.
type schedule struct {
	name, group       string
	arn               string
	created, modified time.Time
	anchor            time.Time // first time of a rate
	current           *definition
	stop              context.CancelFunc // stops the timer
}

func (s *Service) newGroup(name string) *group {
	now := time.Now()
	return &group{
		name: name, arn: s.account.ARN("scheduler", "schedule-group/"+name), created: now, modified: now,
		schedules: map[string]*schedule{},
	}
}

func (s *Service) createGroup(name string) (*group, error) {
	if !nameForm.MatchString(name) {
		return nil, invalid("schedule group name %q: want 1 to 64 letters, digits, - _ and .", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.groups[name]; exists {
		return nil, conflict("Schedule group %s already exists.", name)
	}
	g := s.newGroup(name)
	s.groups[name] = g
	return g, nil
}

// deleteGroup deletes a group with all its schedules.
func (s *Service) deleteGroup(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(name)
	if err != nil {
		return err
	}
	for _, sched := range g.schedules {
		sched.stop()
	}
	delete(s.groups, name)
	return nil
}

// findGroup returns the group with the name; an empty name means the default group. The caller holds the mutex.
func (s *Service) findGroup(name string) (*group, error) {
	if name == "" {
		name = defaultGroup
	}
	g, ok := s.groups[name]
	if !ok {
		return nil, notFound("Schedule group %s does not exist.", name)
	}
	return g, nil
}

// find returns a schedule. The caller holds the mutex.
func (s *Service) find(groupName, name string) (*schedule, error) {
	g, err := s.findGroup(groupName)
	if err != nil {
		return nil, err
	}
	sched, ok := g.schedules[name]
	if !ok {
		return nil, notFound("Schedule %s does not exist.", name)
	}
	return sched, nil
}

func (s *Service) create(groupName, name string, d *definition) (*schedule, error) {
	if !nameForm.MatchString(name) {
		return nil, invalid("schedule name %q: want 1 to 64 letters, digits, - _ and .", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(groupName)
	if err != nil {
		return nil, err
	}
	if _, exists := g.schedules[name]; exists {
		return nil, conflict("Schedule %s already exists.", name)
	}
	now := time.Now()
	sched := &schedule{
		name: name, group: g.name, arn: s.account.ARN("scheduler", "schedule/"+g.name+"/"+name),
		created: now, modified: now, current: d, anchor: now,
	}
	g.schedules[name] = sched
	// A rate fires as soon as it is created: a time just before the anchor makes the anchor the first firing.
	s.startTimer(sched, now.Add(-1))
	return sched, nil
}

// update replaces the definition of a schedule. A rate keeps its anchor unless the expression changes.
func (s *Service) update(groupName, name string, d *definition) (*schedule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sched, err := s.find(groupName, name)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	after := now
	if sched.current.expression.text != d.expression.text {
		sched.anchor = now
		after = now.Add(-1)
	}
	sched.stop()
	sched.current, sched.modified = d, now
	s.startTimer(sched, after)
	return sched, nil
}

func (s *Service) delete(groupName, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sched, err := s.find(groupName, name)
	if err != nil {
		return err
	}
	sched.stop()
	delete(s.groups[sched.group].schedules, name)
	return nil
}
