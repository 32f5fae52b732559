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
	StartTime          *int64 `json:"startTime"` // milliseconds, included
	EndTime            *int64 `json:"endTime"`   // milliseconds, not included
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
	events := between(st.kept(), in.StartTime, in.EndTime)
	slices.SortFunc(events, inTime)

	from, to := max(0, len(events)-limit), len(events)
	if in.StartFromHead {
		from, to = 0, min(limit, len(events))
	}
	if in.NextToken != "" {
		direction, mark, err := parseMark(in.NextToken)
		if err != nil {
			return getLogEventsOutput{}, err
		}
		at, found := slices.BinarySearchFunc(events, mark, inTime)
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
	// At either end the token that led here is given back: that is how a reader knows that it has seen everything.
	first, last := event{at: time.UnixMilli(0)}, event{at: time.UnixMilli(0)}
	if from < to {
		first, last = events[from], events[to-1]
	}
	if from < to || in.NextToken == "" {
		out.NextForwardToken, out.NextBackwardToken = markOf("f", last), markOf("b", first)
	}
	return out, nil
}

// markOf is a place between events: after e for "f", before it for "b".
func markOf(direction string, e event) string {
	return fmt.Sprintf("%s/%d/%d", direction, e.at.UnixMilli(), e.sequence)
}

func parseMark(token string) (direction string, mark event, err error) {
	direction, rest, _ := strings.Cut(token, "/")
	var at int64
	if _, bad := fmt.Sscanf(rest, "%d/%d", &at, &mark.sequence); bad != nil || direction != "f" && direction != "b" {
		return "", event{}, gateway.Errorf("InvalidParameterException", "The specified nextToken is invalid.")
	}
	mark.at = time.UnixMilli(at)
	return direction, mark, nil
}

// mostEvents is how many events an answer may have.
const mostEvents = 10_000

// eventLimit is how many events an answer may have; 0 means as many as there can be.
func eventLimit(asked int) (int, error) {
	if asked < 0 || asked > mostEvents {
		return 0, gateway.Errorf("InvalidParameterException", "limit is %d, want 1 to %d", asked, mostEvents)
	}
	if asked == 0 {
		return mostEvents, nil
	}
	return asked, nil
}

// between copies the events from start up to end, both in milliseconds and each optional.
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
