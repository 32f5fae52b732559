package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// RunStep is a state of the state machine in which a run was, once or several times in a row.
type RunStep struct {
	State string    `json:"state"`
	Text  string    `json:"text"` // what the state does, for people
	From  time.Time `json:"from"` // when the run entered the state for the first time in a row
	Times int       `json:"times"`
	Error string    `json:"error,omitempty"` // the last error of its function
	Cause string    `json:"cause,omitempty"`
}

// stateTexts say what the states do that call a function. The other states only choose, wait and end.
var stateTexts = map[string]string{
	"Orphans":           "searches for tasks and leases without an owner",
	"Prepare":           "takes the job's lease and names the run's tasks",
	"CheckDatabase":     "asks the database whether it is ready, and how to split large tables",
	"CheckChanges":      "asks the database about the redo log",
	"TakeSCN":           "asks the database for its SCN before the load",
	"Create":            "creates the replication tasks and tests their connections",
	"Reconcile":         "compares the task with the file: creates, modifies or resumes it",
	"Poll":              "looks at the tasks",
	"Start":             "starts the tasks",
	"StartChanges":      "starts the task that follows changes",
	"Verify":            "counts the rows in the files",
	"CountRows":         "asks the database for the rows as of the start of the load",
	"Record":            "judges every table and writes the records",
	"RecordUnpublished": "records the run whose good tables could not be published",
	"RecordUnjudged":    "records the run without judging its tables, because Record failed",
	"Publish":           "shows readers the good tables",
	"Delete":            "deletes the tasks of a full load and releases the lease",
	"Skipped":           "ends: another run or a deploy has the job's lease",
}

// readSteps reads the history of an execution; nil if Step Functions no longer has it.
func (d *Department) readSteps(ctx context.Context, execution string) (steps []RunStep, err error) {
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: &execution, MaxResults: 1000, IncludeExecutionData: aws.Bool(false)}
	for pages := sfn.NewGetExecutionHistoryPaginator(d.machine, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		var gone *types.ExecutionDoesNotExist
		if errors.As(err, &gone) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the history of execution %s: %w", execution, err)
		}
		for _, event := range page.Events {
			steps = addEvent(steps, event)
		}
	}
	return steps, nil
}

// addEvent adds an event of a history to the steps.
func addEvent(steps []RunStep, event types.HistoryEvent) []RunStep {
	if entered := event.StateEnteredEventDetails; entered != nil {
		state := aws.ToString(entered.Name)
		text, known := stateTexts[state]
		switch last := len(steps) - 1; {
		case !known:
		case last >= 0 && steps[last].State == state:
			steps[last].Times++
		default:
			steps = append(steps, RunStep{State: state, Text: text, From: aws.ToTime(event.Timestamp).UTC(), Times: 1})
		}
		return steps
	}
	if name, cause := problemOf(event); name != "" && len(steps) > 0 {
		last := &steps[len(steps)-1]
		last.Error, last.Cause = name, cause
	}
	return steps
}

// problemOf returns the error of a function in an event.
func problemOf(event types.HistoryEvent) (name, cause string) {
	switch {
	case event.LambdaFunctionFailedEventDetails != nil:
		f := event.LambdaFunctionFailedEventDetails
		return aws.ToString(f.Error), aws.ToString(f.Cause)
	case event.LambdaFunctionTimedOutEventDetails != nil:
		f := event.LambdaFunctionTimedOutEventDetails
		return aws.ToString(f.Error), aws.ToString(f.Cause)
	case event.TaskFailedEventDetails != nil:
		f := event.TaskFailedEventDetails
		return aws.ToString(f.Error), aws.ToString(f.Cause)
	case event.TaskTimedOutEventDetails != nil:
		f := event.TaskTimedOutEventDetails
		return aws.ToString(f.Error), aws.ToString(f.Cause)
	}
	return "", ""
}
