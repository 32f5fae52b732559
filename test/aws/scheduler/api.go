package scheduler

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

func (s *Service) routes() http.Handler {
	return gateway.REST("scheduler", map[string]gateway.Route{
		"GET /schedules": {
			Operation: "ListSchedules", Query: []string{"ScheduleGroup", "NamePrefix", "State", "MaxResults", "NextToken"},
			Answer: s.listSchedules,
		},
		"GET /schedules/{name}":                      {Operation: "GetSchedule", Query: []string{"groupName"}, Answer: s.getSchedule},
		"POST /_local/schedules/{group}/{name}/fire": {Operation: "_local:FireSchedule", Answer: s.fireSchedule},
	})
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

// page returns one page of sorted keys, and the token of the next page. A token is the last key of the page before.
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
			if wanted := query.Get("State"); wanted != "" && wanted != enabled {
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
			Arn: sched.arn, Name: sched.name, GroupName: sched.group, State: enabled,
			CreationDate: gateway.At(sched.created), LastModificationDate: gateway.At(sched.modified),
			Target: struct{ Arn string }{sched.current.target.Arn},
		})
	}
	return answer, nil
}

// getSchedule describes a schedule (API_GetSchedule).
func (s *Service) getSchedule(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sched, err := s.find(r.URL.Query().Get("groupName"), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	type target struct{ Arn, RoleArn, Input string }
	return struct {
		Arn, Name, GroupName, State                    string
		ScheduleExpression, ScheduleExpressionTimezone string
		CreationDate, LastModificationDate             *gateway.Time
		FlexibleTimeWindow                             struct{ Mode string }
		Target                                         target
	}{
		Arn: sched.arn, Name: sched.name, GroupName: sched.group, State: enabled,
		ScheduleExpression: sched.current.expression.String(), ScheduleExpressionTimezone: sched.current.expression.zone.String(),
		CreationDate: gateway.At(sched.created), LastModificationDate: gateway.At(sched.modified),
		FlexibleTimeWindow: struct{ Mode string }{"OFF"},
		Target:             target{sched.current.target.Arn, sched.current.target.RoleArn, sched.current.input},
	}, nil
}

// fireSchedule fires a schedule by hand. AWS has no such operation. A user of the embedded AWS may call it; a role may
// not.
func (s *Service) fireSchedule(r *http.Request) (any, error) {
	if gateway.PrincipalFrom(r.Context()).Role != "" {
		return nil, &gateway.Error{
			Code: "AccessDeniedException", Status: http.StatusForbidden, Message: "roles may not fire schedules by hand",
		}
	}
	arn, err := s.Fire(r.Context(), r.PathValue("group"), r.PathValue("name"))
	if err != nil {
		var apiErr *gateway.Error
		if errors.As(err, &apiErr) {
			return nil, apiErr
		}
		return nil, &gateway.Error{Code: "TargetError", Status: http.StatusBadGateway, Message: err.Error()}
	}
	return struct{ ExecutionArn string }{arn}, nil
}
