package scheduler

import (
	"errors"
	"net/http"

	"github.com/oralake/oralake/test/aws/gateway"
)

func (s *Service) routes() http.Handler {
	return gateway.REST("scheduler", map[string]gateway.Route{
		"POST /schedules/{name}": {Operation: "CreateSchedule", Answer: s.createSchedule},
		"PUT /schedules/{name}":  {Operation: "UpdateSchedule", Answer: s.updateSchedule},
		"GET /schedules/{name}":  {Operation: "GetSchedule", Query: []string{"groupName"}, Answer: s.getSchedule},
		"DELETE /schedules/{name}": {
			Operation: "DeleteSchedule", Query: []string{"groupName", "clientToken"}, Answer: s.deleteSchedule,
		},
		"GET /schedules": {
			Operation: "ListSchedules", Query: []string{"ScheduleGroup", "NamePrefix", "State", "MaxResults", "NextToken"},
			Answer: s.listSchedules,
		},
		"POST /schedule-groups/{name}": {Operation: "CreateScheduleGroup", Answer: s.createScheduleGroup},
		"GET /schedule-groups/{name}":  {Operation: "GetScheduleGroup", Answer: s.getScheduleGroup},
		"DELETE /schedule-groups/{name}": {
			Operation: "DeleteScheduleGroup", Query: []string{"clientToken"}, Answer: s.deleteScheduleGroup,
		},
		"GET /schedule-groups": {
			Operation: "ListScheduleGroups", Query: []string{"NamePrefix", "MaxResults", "NextToken"},
			Answer: s.listScheduleGroups,
		},
		"POST /_local/schedules/{group}/{name}/fire": {Operation: "_local:FireSchedule", Answer: s.fireSchedule},
	})
}

// scheduleInput is the body of CreateSchedule and UpdateSchedule.
type scheduleInput struct {
	given
	GroupName   string
	ClientToken string // every request is new here: a repeated one conflicts, as it does on AWS after a while
	StartDate   *gateway.Time
	EndDate     *gateway.Time
}

func (s *Service) definitionFrom(r *http.Request) (*definition, string, error) {
	var in scheduleInput
	if err := gateway.ReadJSON(r, &in); err != nil {
		return nil, "", err
	}
	var start, end gateway.Time
	if in.StartDate != nil {
		start = *in.StartDate
	}
	if in.EndDate != nil {
		end = *in.EndDate
	}
	d, err := s.define(in.given, start.Time, end.Time)
	return d, in.GroupName, err
}

type scheduleARN struct{ ScheduleArn string }

func (s *Service) createSchedule(r *http.Request) (any, error) {
	d, groupName, err := s.definitionFrom(r)
	if err != nil {
		return nil, err
	}
	sched, err := s.create(groupName, r.PathValue("name"), d)
	if err != nil {
		return nil, err
	}
	return scheduleARN{sched.arn}, nil
}

func (s *Service) updateSchedule(r *http.Request) (any, error) {
	d, groupName, err := s.definitionFrom(r)
	if err != nil {
		return nil, err
	}
	sched, err := s.update(groupName, r.PathValue("name"), d)
	if err != nil {
		return nil, err
	}
	return scheduleARN{sched.arn}, nil
}

func (s *Service) deleteSchedule(r *http.Request) (any, error) {
	return gateway.Empty{}, s.delete(r.URL.Query().Get("groupName"), r.PathValue("name"))
}

// fireSchedule is no AWS operation: a person who runs the embedded AWS can fire a schedule by hand, and a role cannot.
func (s *Service) fireSchedule(r *http.Request) (any, error) {
	if gateway.PrincipalFrom(r.Context()).Role != "" {
		return nil, &gateway.Error{
			Code: "AccessDeniedException", Status: http.StatusForbidden, Message: "roles may not fire schedules by hand",
		}
	}
	arn, err := s.Fire(r.Context(), r.PathValue("group"), r.PathValue("name"))
	if err != nil {
		var own *gateway.Error
		if errors.As(err, &own) {
			return nil, own
		}
		return nil, &gateway.Error{Code: "TargetError", Status: http.StatusBadGateway, Message: err.Error()}
	}
	return struct{ ExecutionArn string }{arn}, nil
}
