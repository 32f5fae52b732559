package scheduler

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/oralake/oralake/local/gateway"
)

func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /schedules/{name}", operation("CreateSchedule", s.createSchedule))
	mux.Handle("PUT /schedules/{name}", operation("UpdateSchedule", s.updateSchedule))
	mux.Handle("GET /schedules/{name}", operation("GetSchedule", s.getSchedule))
	mux.Handle("DELETE /schedules/{name}", operation("DeleteSchedule", s.deleteSchedule))
	mux.Handle("GET /schedules", operation("ListSchedules", s.listSchedules))
	mux.Handle("POST /schedule-groups/{name}", operation("CreateScheduleGroup", s.createScheduleGroup))
	mux.Handle("GET /schedule-groups/{name}", operation("GetScheduleGroup", s.getScheduleGroup))
	mux.Handle("DELETE /schedule-groups/{name}", operation("DeleteScheduleGroup", s.deleteScheduleGroup))
	mux.Handle("GET /schedule-groups", operation("ListScheduleGroups", s.listScheduleGroups))
	mux.Handle("POST /_local/schedules/{group}/{name}/fire", operation("_local:FireSchedule", s.fireSchedule))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		gateway.WriteError(w, r, gateway.NotImplemented("scheduler: "+r.Method+" "+r.URL.Path))
	})
	return mux
}

func operation(name string, f func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gateway.SetOperation(r.Context(), name)
		out, err := f(r)
		if err != nil {
			gateway.WriteError(w, r, err)
			return
		}
		gateway.WriteJSON(w, "application/json", out)
	})
}

func read(r *http.Request, in any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return gateway.DecodeJSON(body, in)
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
	if err := read(r, &in); err != nil {
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
