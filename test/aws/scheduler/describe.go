package scheduler

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// description is the answer of GetSchedule.
type description struct {
	Arn                        string
	Name                       string
	GroupName                  string
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	FlexibleTimeWindow         window
	State                      string
	Description                string `json:",omitempty"`
	KmsKeyArn                  string `json:",omitempty"`
	ActionAfterCompletion      string
	StartDate                  *gateway.Time `json:",omitempty"`
	EndDate                    *gateway.Time `json:",omitempty"`
	CreationDate               *gateway.Time
	LastModificationDate       *gateway.Time
	Target                     target
}

func (d *definition) state() string {
	if d.enabled {
		return "ENABLED"
	}
	return "DISABLED"
}

func (sched *schedule) describe() description {
	d := sched.now
	out := description{
		Arn: sched.arn, Name: sched.name, GroupName: sched.group,
		ScheduleExpression: d.expression.text, ScheduleExpressionTimezone: d.zoneName,
		FlexibleTimeWindow: d.window, State: d.state(), Description: d.description, KmsKeyArn: d.kmsKeyARN,
		ActionAfterCompletion: "NONE", StartDate: gateway.At(d.start), EndDate: gateway.At(d.end),
		CreationDate: gateway.At(sched.created), LastModificationDate: gateway.At(sched.modified), Target: d.target,
	}
	if d.deleteAfter {
		out.ActionAfterCompletion = "DELETE"
	}
	retries, age := d.target.retries(), int(d.target.maxAge().Seconds())
	out.Target.RetryPolicy = &retryPolicy{MaximumRetryAttempts: &retries, MaximumEventAgeInSeconds: &age}
	return out
}

func (s *Service) getSchedule(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sched, err := s.find(r.URL.Query().Get("groupName"), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return sched.describe(), nil
}

type summary struct {
	Arn                  string
	Name                 string
	GroupName            string
	State                string
	CreationDate         *gateway.Time
	LastModificationDate *gateway.Time
	Target               struct{ Arn string }
}

// page cuts one page out of sorted keys; the token is the last key of the page before.
func page(r *http.Request, keys []string) (cut []string, next string, err error) {
	query := r.URL.Query()
	limit := 100
	if given := query.Get("MaxResults"); given != "" {
		if limit, err = strconv.Atoi(given); err != nil || limit < 1 || limit > 100 {
			return nil, "", invalid("MaxResults %q is not between 1 and 100", given)
		}
	}
	for _, key := range keys {
		if key <= query.Get("NextToken") {
			continue
		}
		if len(cut) == limit {
			return cut, cut[limit-1], nil
		}
		cut = append(cut, key)
	}
	return cut, "", nil
}

func (s *Service) listSchedules(r *http.Request) (any, error) {
	query := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]*schedule{}
	for _, g := range s.groups {
		if wanted := query.Get("ScheduleGroup"); wanted != "" && wanted != g.name {
			continue
		}
		for _, sched := range g.schedules {
			if !strings.HasPrefix(sched.name, query.Get("NamePrefix")) {
				continue
			}
			if wanted := query.Get("State"); wanted != "" && wanted != sched.now.state() {
				continue
			}
			found[g.name+"/"+sched.name] = sched
		}
	}
	keys, next, err := page(r, slices.Sorted(maps.Keys(found)))
	if err != nil {
		return nil, err
	}
	answer := struct {
		Schedules []summary
		NextToken string `json:",omitempty"`
	}{Schedules: []summary{}, NextToken: next}
	for _, key := range keys {
		sched := found[key]
		answer.Schedules = append(answer.Schedules, summary{
			Arn: sched.arn, Name: sched.name, GroupName: sched.group, State: sched.now.state(),
			CreationDate: gateway.At(sched.created), LastModificationDate: gateway.At(sched.modified),
			Target: struct{ Arn string }{sched.now.target.Arn},
		})
	}
	return answer, nil
}

type groupDescription struct {
	Arn                  string
	Name                 string
	State                string
	CreationDate         *gateway.Time
	LastModificationDate *gateway.Time
}

func (g *group) describe() groupDescription {
	return groupDescription{
		Arn: g.arn, Name: g.name, State: "ACTIVE",
		CreationDate: gateway.At(g.created), LastModificationDate: gateway.At(g.modified),
	}
}

func (s *Service) createScheduleGroup(r *http.Request) (any, error) {
	var in struct {
		ClientToken string
		Tags        []tag
	}
	if err := gateway.ReadJSON(r, &in); err != nil {
		return nil, err
	}
	g, err := s.createGroup(r.PathValue("name"), tagMap(in.Tags))
	if err != nil {
		return nil, err
	}
	return struct{ ScheduleGroupArn string }{g.arn}, nil
}

func (s *Service) getScheduleGroup(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return g.describe(), nil
}

func (s *Service) deleteScheduleGroup(r *http.Request) (any, error) {
	return gateway.Empty{}, s.deleteGroup(r.PathValue("name"))
}

func (s *Service) listScheduleGroups(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		if strings.HasPrefix(name, r.URL.Query().Get("NamePrefix")) {
			names = append(names, name)
		}
	}
	names, next, err := page(r, names)
	if err != nil {
		return nil, err
	}
	answer := struct {
		ScheduleGroups []groupDescription
		NextToken      string `json:",omitempty"`
	}{ScheduleGroups: []groupDescription{}, NextToken: next}
	for _, name := range names {
		answer.ScheduleGroups = append(answer.ScheduleGroups, s.groups[name].describe())
	}
	return answer, nil
}
