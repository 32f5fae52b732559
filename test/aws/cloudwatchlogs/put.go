package cloudwatchlogs

import (
	"context"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

type putLogEventsInput struct {
	LogGroupName  string       `json:"logGroupName"`
	LogStreamName string       `json:"logStreamName"`
	LogEvents     []inputEvent `json:"logEvents"`
	// SequenceToken is taken and not looked at, as CloudWatch Logs itself does since January 2023.
	SequenceToken string `json:"sequenceToken"`
}

type inputEvent struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

type putLogEventsOutput struct {
	NextSequenceToken string         `json:"nextSequenceToken"`
	Rejected          *rejectedRange `json:"rejectedLogEventsInfo,omitempty"`
}

// rejectedRange says which events of a batch were not taken, by their index.
type rejectedRange struct {
	TooNewStart *int `json:"tooNewLogEventStartIndex,omitempty"` // the first that is too new
	TooOldEnd   *int `json:"tooOldLogEventEndIndex,omitempty"`   // the first that is not too old
}

// The limits of PutLogEvents.
const (
	mostEvents  = 10_000
	mostBytes   = 1_048_576
	oldestEvent = 14 * 24 * time.Hour
	newestEvent = 2 * time.Hour
)

func (s *Service) putLogEvents(_ context.Context, in putLogEventsInput) (putLogEventsOutput, error) {
	if err := in.check(); err != nil {
		return putLogEventsOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(in.LogGroupName, "")
	if err != nil {
		return putLogEventsOutput{}, err
	}
	st, ok := g.streams[in.LogStreamName]
	if !ok {
		return putLogEventsOutput{}, noSuchStream(in.LogStreamName)
	}
	out := putLogEventsOutput{NextSequenceToken: "unused"}
	now := time.Now()
	var taken []event
	for i, e := range in.LogEvents {
		at := time.UnixMilli(e.Timestamp)
		switch {
		case at.Before(now.Add(-oldestEvent)):
			out.reject().TooOldEnd = new(i + 1)
		case at.After(now.Add(newestEvent)):
			if out.reject().TooNewStart == nil {
				out.Rejected.TooNewStart = new(i)
			}
		default:
			taken = append(taken, event{at: at, ingested: now, message: e.Message})
		}
	}
	if len(taken) > 0 {
		s.add(st, taken...)
	}
	return out, nil
}

func (out *putLogEventsOutput) reject() *rejectedRange {
	if out.Rejected == nil {
		out.Rejected = &rejectedRange{}
	}
	return out.Rejected
}

func (in putLogEventsInput) check() error {
	if len(in.LogEvents) == 0 || len(in.LogEvents) > mostEvents {
		return gateway.Errorf("InvalidParameterException", "%d log events, want 1 to %d", len(in.LogEvents), mostEvents)
	}
	bytes := 0
	for i, e := range in.LogEvents {
		if e.Message == "" {
			return gateway.Errorf("InvalidParameterException", "log event %d has no message", i)
		}
		if i > 0 && e.Timestamp < in.LogEvents[i-1].Timestamp {
			return gateway.Errorf("InvalidParameterException",
				"Log events in a single PutLogEvents request must be in chronological order.")
		}
		bytes += len(e.Message) + eventOverhead
	}
	if bytes > mostBytes {
		return gateway.Errorf("InvalidParameterException",
			"Upload too large: %d bytes exceeds limit of %d", bytes, mostBytes)
	}
	return nil
}

func noSuchStream(name string) error {
	return gateway.Errorf("ResourceNotFoundException", "The specified log stream does not exist: %s", name)
}
