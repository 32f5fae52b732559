package cloudwatchlogs

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

type filterLogEventsInput struct {
	LogGroupName        string   `json:"logGroupName"`
	LogGroupIdentifier  string   `json:"logGroupIdentifier"`
	LogStreamNames      []string `json:"logStreamNames"`
	LogStreamNamePrefix string   `json:"logStreamNamePrefix"`
	StartTime           *int64   `json:"startTime"` // milliseconds since the epoch, inclusive
	EndTime             *int64   `json:"endTime"`   // milliseconds since the epoch, inclusive
	FilterPattern       string   `json:"filterPattern"`
	Limit               int      `json:"limit"`
	NextToken           string   `json:"nextToken"`
	// Interleaved has no effect: CloudWatch Logs always interleaves since June 2019.
	Interleaved bool `json:"interleaved"`
}

type filterLogEventsOutput struct {
	Events             []filteredEvent `json:"events"`
	SearchedLogStreams []struct{}      `json:"searchedLogStreams"`
	NextToken          string          `json:"nextToken,omitempty"`
}

type filteredEvent struct {
	LogStreamName string `json:"logStreamName"`
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
	EventID       string `json:"eventId"`
}

func (s *Service) filterLogEvents(_ context.Context, in filterLogEventsInput) (filterLogEventsOutput, error) {
	limit, err := eventLimit(in.Limit)
	if err != nil {
		return filterLogEventsOutput{}, err
	}
	terms, err := parsePattern(in.FilterPattern)
	if err != nil {
		return filterLogEventsOutput{}, err
	}
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" {
		return filterLogEventsOutput{}, gateway.Errorf("InvalidParameterException",
			"logStreamNamePrefix and logStreamNames cannot both be specified")
	}
	if in.EndTime != nil {
		in.EndTime = new(*in.EndTime + 1)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return filterLogEventsOutput{}, err
	}
	for _, name := range in.LogStreamNames {
		if _, ok := g.streams[name]; !ok {
			return filterLogEventsOutput{}, noSuchStream(name)
		}
	}
	var events []event
	for name, st := range g.streams {
		if !strings.HasPrefix(name, in.LogStreamNamePrefix) ||
			len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, name) {
			continue
		}
		for _, e := range between(st.retained(), in.StartTime, in.EndTime) {
			if containsAll(e.message, terms) {
				events = append(events, e)
			}
		}
	}
	slices.SortFunc(events, byTime)
	if in.NextToken != "" {
		_, mark, err := parseMark(in.NextToken)
		if err != nil {
			return filterLogEventsOutput{}, err
		}
		from, found := slices.BinarySearchFunc(events, mark, byTime)
		if found {
			from++
		}
		events = events[from:]
	}
	out := filterLogEventsOutput{Events: []filteredEvent{}, SearchedLogStreams: []struct{}{}}
	if len(events) > limit {
		events = events[:limit]
		out.NextToken = markOf("f", events[limit-1])
	}
	for _, e := range events {
		out.Events = append(out.Events, filteredEvent{
			e.stream.name, e.at.UnixMilli(), e.message, e.at.UnixMilli(), fmt.Sprintf("%056d", e.sequence),
		})
	}
	return out, nil
}

func containsAll(message string, terms []string) bool {
	for _, term := range terms {
		if !strings.Contains(message, term) {
			return false
		}
	}
	return true
}

// term matches a word, or a phrase in double quotes.
var term = regexp.MustCompile(`^(?:(\w+)|"([^"\\]+)")(?:\s+|$)`)

// parsePattern reads a filter pattern of words and quoted phrases. A message must contain all of them; case matters.
// The other forms (JSON, columns, regular expressions, ?any, -none) are not implemented.
func parsePattern(pattern string) ([]string, error) {
	var terms []string
	for rest := strings.TrimSpace(pattern); rest != ""; {
		m := term.FindStringSubmatch(rest)
		if m == nil {
			return nil, gateway.Errorf("InvalidParameterException",
				"the embedded AWS does not implement the filter pattern %s: use words or \"quoted phrases\" "+
					"that must all be in the message", pattern)
		}
		terms = append(terms, m[1]+m[2])
		rest = rest[len(m[0]):]
	}
	return terms, nil
}
