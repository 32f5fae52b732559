package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// execution is an execution of a state machine. It is kept also after the state machine is deleted.
type execution struct {
	ARN     string
	Machine string // ARN
	Job     string // empty for a recovery
	Running bool
	Skipped bool // another run of its job had the lease
}

// executions are all executions ever started, in the order of their starts.
type executions struct {
	mu  sync.Mutex
	all []execution
}

// watch records every execution of an account from now on.
func watch(s *stepfunctions.Service) *executions {
	w := &executions{}
	s.Observe(w.note)
	return w
}

func (w *executions) note(c stepfunctions.StatusChange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.all, func(e execution) bool { return e.ARN == c.ExecutionARN })
	if i < 0 {
		i = len(w.all)
		w.all = append(w.all, execution{ARN: c.ExecutionARN, Machine: c.MachineARN})
	}
	e := &w.all[i]
	e.Running = c.Status == "RUNNING"
	var input run.Request
	if json.Unmarshal([]byte(aws.ToString(c.Input)), &input) == nil {
		e.Job = input.Job
	}
	var output run.Document
	if c.Status == "SUCCEEDED" && json.Unmarshal([]byte(aws.ToString(c.Output)), &output) == nil {
		e.Skipped = output.Phase == run.Skipped
	}
}

// of returns the executions of one state machine.
func (w *executions) of(machine string) []execution {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.all), func(e execution) bool { return e.Machine != machine })
}

// doing returns the current state of each run of a job: "daily-orders in WaitDeleted".
func doing(ctx context.Context, api *sfn.Client, all []execution) ([]string, error) {
	var said []string
	for _, e := range all {
		if e.Job == "" {
			continue
		}
		if !e.Running {
			said = append(said, e.Job+" is over")
			continue
		}
		// The newest events are enough, since an execution enters a state every few events.
		out, err := api.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
			ExecutionArn: &e.ARN, ReverseOrder: true, MaxResults: 20, IncludeExecutionData: aws.Bool(false),
		})
		if err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", e.ARN, err)
		}
		state := "Begin"
		for _, event := range out.Events {
			if strings.HasSuffix(string(event.Type), "StateEntered") {
				state = aws.ToString(event.StateEnteredEventDetails.Name)
				break
			}
		}
		said = append(said, e.Job+" in "+state)
	}
	return said, nil
}
