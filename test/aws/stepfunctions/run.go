package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// run is a running execution. Only the goroutine of the execution calls its methods.
type run struct {
	*execution
	s             *Service
	contextObject map[string]any // the context object ($$)
	// state is the name of the current state, and entered is the id of its StateEntered event. Error texts use both.
	state   string
	entered int64
	text    lastText
	client  *lambda.Client // nil until the first call of a function
	role    string         // the id of the access key that client signs with
}

var errTimedOut = errors.New("the execution ran longer than the TimeoutSeconds of the state machine")

// run runs an execution from its first state to its end.
func (s *Service) run(ctx context.Context, e *execution, input any) {
	definition := e.revision.parsed
	if definition.Timeout > 0 {
		timed, cancel := context.WithTimeoutCause(ctx, s.clock.Real(definition.Timeout), errTimedOut)
		defer cancel()
		ctx = timed
	}
	r := &run{execution: e, s: s, contextObject: map[string]any{
		"Execution": map[string]any{
			"Id": e.arn, "Name": e.name, "Input": input, "RoleArn": e.revision.roleARN, "StartTime": stamp(e.started),
			"RedriveCount": number(0),
		},
		"StateMachine": map[string]any{"Id": e.machine.arn, "Name": e.machine.name},
	}}
	output, err := r.states(ctx, definition, input)
	var failed *asl.Error
	switch {
	case err == nil:
		e.succeed(r.text.write(output))
	case context.Cause(ctx) == errTimedOut:
		e.timeOut()
	case errors.As(err, &failed):
		e.fail(failed)
	case errors.Is(err, errEnded), ctx.Err() != nil:
		e.abort("", "")
	default:
		// states returns only the errors above. Any other error is a bug in the embedded AWS and must be visible.
		e.fail(&asl.Error{Name: asl.ErrRuntime, Cause: "bug in the embedded AWS: " + err.Error()})
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (r *run) states(ctx context.Context, definition *asl.Machine, input any) (any, error) {
	text := r.input
	if _, err := r.record(Event{Type: "ExecutionStarted", ExecutionStarted: &executionStarted{
		Input: &text, InputDetails: &truncated{}, RoleARN: r.revision.roleARN,
	}}); err != nil {
		return nil, err
	}
	for name := definition.StartAt; ; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.s.isDeleting(r.machine) {
			return nil, errEnded
		}
		output, next, err := r.step(ctx, name, definition.States[name], input)
		if err != nil || next == "" {
			return output, err
		}
		name, input = next, output
	}
}

func (s *Service) isDeleting(m *machine) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return m.deleting
}

// step runs one state. It returns the output of the state and the name of the next state, which is empty when the
// execution succeeds here.
func (r *run) step(ctx context.Context, name string, s *asl.State, input any) (any, string, error) {
	if pause := r.s.throttle(r.machine.arn); pause > 0 && r.s.clock.Sleep(ctx, pause) != nil {
		return nil, "", ctx.Err()
	}
	text := r.text.write(input)
	id, err := r.record(Event{Type: s.Type + "StateEntered", StateEntered: &stateEntered{
		Name: name, Input: &text, InputDetails: &truncated{},
	}})
	if err != nil {
		return nil, "", err
	}
	r.state, r.entered = name, id
	r.contextObject["State"] = map[string]any{"Name": name, "EnteredTime": stamp(time.Now())}
	output, next, err := r.runState(ctx, name, s, input)
	if err != nil {
		return nil, "", r.addState(err)
	}
	result := r.text.write(output)
	if result == text {
		// Most states return their input. One shared string keeps long histories small.
		result = text
	}
	_, err = r.record(Event{Type: s.Type + "StateExited", StateExited: &stateExited{
		Name: name, Output: &result, OutputDetails: &truncated{},
	}})
	return output, next, err
}

// addState adds the current state to the cause of an error that always ends the execution.
func (r *run) addState(err error) error {
	var failed *asl.Error
	if errors.As(err, &failed) && (failed.Name == asl.ErrRuntime || failed.Name == asl.ErrNoChoiceMatched) {
		return &asl.Error{Name: failed.Name, Cause: fmt.Sprintf("An error occurred while executing the state '%s' "+
			"(entered at the event id #%d). %s", r.state, r.entered, failed.Cause)}
	}
	return err
}

// runState runs a state by its type. It returns the output and the name of the next state.
func (r *run) runState(ctx context.Context, name string, s *asl.State, input any) (any, string, error) {
	if s.Type == "Task" {
		return r.task(ctx, name, s, input)
	}
	var effective any
	var err error
	if s.Type != "Fail" {
		if effective, err = s.EffectiveInput(input, r.contextObject); err != nil {
			return nil, "", err
		}
	}
	next := s.Next
	switch s.Type {
	case "Choice":
		if next, err = r.choose(s, effective); err != nil {
			return nil, "", err
		}
	case "Wait":
		if err := r.wait(ctx, s, effective); err != nil {
			return nil, "", err
		}
	case "Fail":
		return nil, "", r.failState(s, input)
	}
	result := effective
	if s.HasResult {
		result = s.Result
	}
	output, err := s.Output(input, result, r.contextObject)
	output, err = r.checkSize(name, output, err)
	return output, next, err
}

func (r *run) choose(s *asl.State, input any) (string, error) {
	for _, rule := range s.Choices {
		matched, err := rule.Matches(input, r.contextObject)
		if err != nil {
			return "", err
		}
		if matched {
			return rule.Next, nil
		}
	}
	if s.Default == "" {
		return "", &asl.Error{
			Name:  asl.ErrNoChoiceMatched,
			Cause: "Failed to transition out of the state. The state does not point to a next state.",
		}
	}
	return s.Default, nil
}

// wait sleeps on the clock of the service. It returns at once when the time has passed.
func (r *run) wait(ctx context.Context, s *asl.State, input any) error {
	var d time.Duration
	switch {
	case s.Duration != nil:
		d = *s.Duration
	case s.SecondsPath != nil:
		v, ok := s.SecondsPath.Get(input, r.contextObject)
		if !ok {
			return asl.NotFound(*s.SecondsPath, "SecondsPath", input)
		}
		seconds, err := asl.WholeSeconds(*s.SecondsPath, v, 0)
		if err != nil {
			return err
		}
		d = time.Duration(seconds) * time.Second
	case s.TimestampPath != nil:
		v, ok := s.TimestampPath.Get(input, r.contextObject)
		if !ok {
			return asl.NotFound(*s.TimestampPath, "TimestampPath", input)
		}
		until, err := time.Parse(time.RFC3339, fmt.Sprint(v))
		if err != nil {
			return &asl.Error{Name: asl.ErrRuntime, Cause: fmt.Sprintf(
				"The path '%s' references %s, want a time of the form 2026-11-30T02:00:00Z", s.TimestampPath, asl.Text(v))}
		}
		d = time.Until(until)
	default:
		d = time.Until(s.Timestamp)
	}
	return r.s.clock.Sleep(ctx, d)
}

func (r *run) failState(s *asl.State, input any) error {
	failed := &asl.Error{Name: s.Error, Cause: s.Cause}
	var err error
	if s.ErrorPath != nil {
		if failed.Name, err = s.ErrorPath.Text("ErrorPath", input, r.contextObject); err != nil {
			return err
		}
	}
	if s.CausePath != nil {
		if failed.Cause, err = s.CausePath.Text("CausePath", input, r.contextObject); err != nil {
			return err
		}
	}
	return failed
}
