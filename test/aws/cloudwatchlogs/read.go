package cloudwatchlogs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

type getLogEventsInput struct {
	LogGroupName       string `json:"logGroupName"`
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	LogStreamName      string `json:"logStreamName"`
	StartTime          *int64 `json:"startTime"` // milliseconds since the epoch, inclusive
	EndTime            *int64 `json:"endTime"`   // milliseconds since the epoch, exclusive
	NextToken          string `json:"nextToken"`
	Limit              int    `json:"limit"`
	StartFromHead      bool   `json:"startFromHead"`
}

type getLogEventsOutput struct {
	Events            []outputEvent `json:"events"`
	NextForwardToken  string        `json:"nextForwardToken"`
	NextBackwardToken string        `json:"nextBackwardToken"`
}

type outputEvent struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

func (s *Service) getLogEvents(_ context.Context, in getLogEventsInput) (getLogEventsOutput, error) {
	limit, err := eventLimit(in.Limit)
	if err != nil {
		return getLogEventsOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return getLogEventsOutput{}, err
	}
	st, ok := g.streams[in.LogStreamName]
	if !ok {
		return getLogEventsOutput{}, noSuchStream(in.LogStreamName)
	}
	events := between(st.retained(), in.StartTime, in.EndTime)
	slices.SortFunc(events, byTime)

	from, to := max(0, len(events)-limit), len(events)
	if in.StartFromHead {
		from, to = 0, min(limit, len(events))
	}
	if in.NextToken != "" {
		direction, mark, err := parseMark(in.NextToken)
		if err != nil {
			return getLogEventsOutput{}, err
		}
		at, found := slices.BinarySearchFunc(events, mark, byTime)
		if direction == "b" {
			from, to = max(0, at-limit), at
		} else {
			if found {
				at++
			}
			from, to = at, min(at+limit, len(events))
		}
	}
	out := getLogEventsOutput{Events: []outputEvent{}, NextForwardToken: in.NextToken, NextBackwardToken: in.NextToken}
	for _, e := range events[from:to] {
		out.Events = append(out.Events, outputEvent{e.at.UnixMilli(), e.message, e.at.UnixMilli()})
	}
	// At the first and at the last event the response has the token of the request: a reader then knows that it has
	// read everything.
	first, last := event{at: time.UnixMilli(0)}, event{at: time.UnixMilli(0)}
	if from < to {
		first, last = events[from], events[to-1]
	}
	if from < to || in.NextToken == "" {
		out.NextForwardToken, out.NextBackwardToken = markOf("f", last), markOf("b", first)
	}
	return out, nil
}

// markOf returns a token for a position: after e for direction "f", before e for direction "b".
func markOf(direction string, e event) string {
	return fmt.Sprintf("%s/%d/%d", direction, e.at.UnixMilli(), e.sequence)
}

// parseMark reads a token of markOf.
func parseMark(token string) (direction string, mark event, err error) {
	direction, rest, _ := strings.Cut(token, "/")
	var at int64
	if _, bad := fmt.Sscanf(rest, "%d/%d", &at, &mark.sequence); bad != nil || direction != "f" && direction != "b" {
		return "", event{}, gateway.Errorf("InvalidParameterException", "The specified nextToken is invalid.")
	}
	mark.at = time.UnixMilli(at)
	return direction, mark, nil
}

// mostEvents is the largest number of events in a response.
const mostEvents = 10_000

// eventLimit checks the limit of a request. 0 means mostEvents.
func eventLimit(requested int) (int, error) {
	if requested < 0 || requested > mostEvents {
		return 0, gateway.Errorf("InvalidParameterException", "limit is %d, want 1 to %d", requested, mostEvents)
	}
	if requested == 0 {
		return mostEvents, nil
	}
	return requested, nil
}

// between returns a copy of the events from start, inclusive, to end, exclusive. Both are milliseconds since the epoch;
// nil means no limit.
func between(events []event, start, end *int64) []event {
	var all []event
	for _, e := range events {
		at := e.at.UnixMilli()
		if (start == nil || at >= *start) && (end == nil || at < *end) {
			all = append(all, e)
		}
	}
	return all
}

func noSuchStream(name string) error {
	return gateway.Errorf("ResourceNotFoundException", "The specified log stream does not exist: %s", name)
}
