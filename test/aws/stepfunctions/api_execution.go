package stepfunctions

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

type startIn struct {
	MachineARN  string  `json:"stateMachineArn"`
	Name        string  `json:"name"`
	Input       *string `json:"input"`
	TraceHeader string  `json:"traceHeader"`
}

type startOut struct {
	ARN     string        `json:"executionArn"`
	Started *gateway.Time `json:"startDate"`
}

func (s *Service) startExecution(_ context.Context, in startIn) (*startOut, error) {
	input := "{}"
	if in.Input != nil {
		input = *in.Input
	}
	e, err := s.start(in.MachineARN, in.Name, input, in.TraceHeader)
	if err != nil {
		return nil, err
	}
	return &startOut{e.arn, gateway.At(e.started)}, nil
}

type stopIn struct {
	ARN   string `json:"executionArn"`
	Error string `json:"error"`
	Cause string `json:"cause"`
}

type stopOut struct {
	Stopped *gateway.Time `json:"stopDate"`
}

func (s *Service) stopExecution(_ context.Context, in stopIn) (*stopOut, error) {
	e, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	return &stopOut{gateway.At(e.abort(in.Error, in.Cause))}, nil
}

type listedExecution struct {
	ARN        string        `json:"executionArn"`
	MachineARN string        `json:"stateMachineArn"`
	Name       string        `json:"name"`
	Status     string        `json:"status"`
	Started    *gateway.Time `json:"startDate"`
	Stopped    *gateway.Time `json:"stopDate,omitempty"`
	// Redrives is 0, because the embedded AWS cannot redrive an execution.
	Redrives int `json:"redriveCount"`

	number int64
}

func (e *execution) listed() listedExecution {
	e.mu.Lock()
	defer e.mu.Unlock()
	return listedExecution{
		ARN: e.arn, MachineARN: e.machine.arn, Name: e.name, Status: e.status,
		Started: gateway.At(e.started), Stopped: gateway.At(e.stopped), number: e.number,
	}
}

type included struct {
	Included bool `json:"included"`
}

type describeExecutionOut struct {
	listedExecution
	redrivable
	Input         string    `json:"input"`
	InputDetails  included  `json:"inputDetails"`
	Output        *string   `json:"output,omitempty"`
	OutputDetails *included `json:"outputDetails,omitempty"`
	TraceHeader   string    `json:"traceHeader"`
	Error         string    `json:"error,omitempty"`
	Cause         string    `json:"cause,omitempty"`
}

// redrivable says whether RedriveExecution could start an execution again. Source: the API reference of DescribeExecution.
type redrivable struct {
	RedriveStatus string `json:"redriveStatus"`
	RedriveReason string `json:"redriveStatusReason,omitempty"`
}

// redrivePeriod is how long after its end an execution can be redriven. Source: the developer guide, Restarting state
// machine executions with redrive.
const redrivePeriod = 14 * 24 * time.Hour

// redrivable returns whether the execution could be redriven now. The caller holds e.mu.
func (e *execution) redrivable() redrivable {
	switch {
	case e.status == statusRunning || e.status == statusSucceeded:
		return redrivable{"NOT_REDRIVABLE", "Execution is " + e.status + " and cannot be redriven"}
	case len(e.events) >= maxEvents:
		return redrivable{"NOT_REDRIVABLE", "Execution history event limit exceeded"}
	case time.Since(e.stopped) > redrivePeriod:
		return redrivable{"NOT_REDRIVABLE", "Execution redrivable period exceeded"}
	}
	return redrivable{RedriveStatus: "REDRIVABLE"}
}

type executionIn struct {
	ARN          string `json:"executionArn"`
	IncludedData string `json:"includedData"`
}

func (s *Service) describeExecution(_ context.Context, in executionIn) (*describeExecutionOut, error) {
	if err := requireAllData(in.IncludedData); err != nil {
		return nil, err
	}
	e, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	out := &describeExecutionOut{
		listedExecution: e.listed(), Input: e.input, InputDetails: included{true},
		TraceHeader: "Root=" + e.trace + ";Sampled=1",
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out.Status, out.Stopped, out.redrivable = e.status, gateway.At(e.stopped), e.redrivable()
	out.Error, out.Cause, out.Output = e.error, e.cause, e.output
	if out.Output != nil {
		out.OutputDetails = &included{true}
	}
	return out, nil
}

type listExecutionsIn struct {
	MachineARN string `json:"stateMachineArn"`
	Status     string `json:"statusFilter"`
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

type listExecutionsOut struct {
	Executions []listedExecution `json:"executions"`
	NextToken  string            `json:"nextToken,omitempty"`
}

// listExecutions lists the newest execution first.
func (s *Service) listExecutions(_ context.Context, in listExecutionsIn) (*listExecutionsOut, error) {
	statuses := []string{"", statusRunning, statusSucceeded, statusFailed, statusTimedOut, statusAborted}
	if !slices.Contains(statuses, in.Status) {
		return nil, gateway.NotImplemented("the statusFilter " + in.Status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.find(in.MachineARN)
	if err != nil {
		return nil, err
	}
	all := []listedExecution{}
	for _, e := range s.executions {
		if listed := e.listed(); e.machine == m && (in.Status == "" || in.Status == listed.Status) {
			all = append(all, listed)
		}
	}
	slices.SortFunc(all, func(a, b listedExecution) int { return cmp.Compare(b.number, a.number) })
	listed, next, err := page(all, func(e listedExecution) int64 { return e.number }, in.MaxResults, in.NextToken)
	return &listExecutionsOut{listed, next}, err
}

type historyIn struct {
	ARN         string `json:"executionArn"`
	Reverse     bool   `json:"reverseOrder"`
	IncludeData *bool  `json:"includeExecutionData"`
	MaxResults  int    `json:"maxResults"`
	NextToken   string `json:"nextToken"`
}

type historyOut struct {
	Events    []Event `json:"events"`
	NextToken string  `json:"nextToken,omitempty"`
}

func (s *Service) getExecutionHistory(_ context.Context, in historyIn) (*historyOut, error) {
	e, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	events := slices.Clone(e.events)
	e.mu.Unlock()
	if in.Reverse {
		slices.Reverse(events)
	}
	events, next, err := page(events, func(e Event) int64 { return e.ID }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	if in.IncludeData != nil && !*in.IncludeData {
		for i := range events {
			events[i] = events[i].withoutData()
		}
	}
	return &historyOut{events, next}, nil
}
