package stepfunctions

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// logLevels maps a level to the types of events that it logs; nil means all types.
var logLevels = map[string][]string{
	"OFF":   {},
	"FATAL": {"ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"},
	"ERROR": {
		"ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut", "FailStateEntered",
		"LambdaFunctionFailed", "LambdaFunctionTimedOut",
	},
	"ALL": nil,
}

// logEvent is a history event in the format that Step Functions writes to CloudWatch Logs. Every number is a string.
type logEvent struct {
	ID           string `json:"id"`
	Type         string `json:"type"`
	Details      any    `json:"details"`
	PreviousID   string `json:"previous_event_id"`
	Timestamp    string `json:"event_timestamp"` // milliseconds since the epoch
	ExecutionARN string `json:"execution_arn"`
	RedriveCount string `json:"redrive_count"`
}

// logger returns a function that writes the events of an execution to the log group of its state machine. Each
// execution has its own log stream.
func (s *Service) logger(e *execution) func(Event) {
	config := e.revision.logging
	group := config.groupName()
	if s.logs == nil || group == "" {
		return func(Event) {}
	}
	types := logLevels[config.Level]
	stream := fmt.Sprintf("states/%s/%s/%s", e.machine.name,
		time.Now().UTC().Format("2006-01-02-15-04"), strings.ToLower(rand.Text()[:8]))
	return func(event Event) {
		if types != nil && !slices.Contains(types, event.Type) {
			return
		}
		if !config.IncludeExecutionData {
			event = event.withoutData()
		}
		line := logEvent{
			ID: strconv.FormatInt(event.ID, 10), Type: event.Type, Details: event.details(),
			PreviousID: strconv.FormatInt(event.PreviousID, 10), ExecutionARN: e.arn, RedriveCount: "0",
			Timestamp: strconv.FormatInt(event.Timestamp.UnixMilli(), 10),
		}
		if line.Details == nil {
			line.Details = struct{}{}
		}
		text, err := json.Marshal(line)
		if err != nil {
			// All fields of an event have types that JSON can represent.
			panic(err)
		}
		s.logs.Put(group, stream, string(text))
	}
}
