package cloudwatchlogs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

type describeLogStreamsInput struct {
	LogGroupName        string `json:"logGroupName"`
	LogGroupIdentifier  string `json:"logGroupIdentifier"`
	LogStreamNamePrefix string `json:"logStreamNamePrefix"`
	OrderBy             string `json:"orderBy"`
	Descending          bool   `json:"descending"`
	Limit               int    `json:"limit"`
	NextToken           string `json:"nextToken"`
}

type describeLogStreamsOutput struct {
	LogStreams []streamAnswer `json:"logStreams"`
	NextToken  string         `json:"nextToken,omitempty"`
}

type streamAnswer struct {
	LogStreamName       string `json:"logStreamName"`
	ARN                 string `json:"arn"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp *int64 `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  *int64 `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   *int64 `json:"lastIngestionTime,omitempty"`
	UploadSequenceToken string `json:"uploadSequenceToken"`
}

func (s *Service) describeLogStreams(_ context.Context, in describeLogStreamsInput) (describeLogStreamsOutput, error) {
	byTime := in.OrderBy == "LastEventTime"
	if !byTime && in.OrderBy != "" && in.OrderBy != "LogStreamName" {
		return describeLogStreamsOutput{}, gateway.Errorf("InvalidParameterException",
			"orderBy is %q, want LogStreamName or LastEventTime", in.OrderBy)
	}
	if byTime && in.LogStreamNamePrefix != "" {
		return describeLogStreamsOutput{}, gateway.Errorf("InvalidParameterException",
			"Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	if in.NextToken != "" && (byTime || in.Descending) {
		return describeLogStreamsOutput{}, gateway.NotImplemented(
			"logs:DescribeLogStreams with nextToken in an order other than ascending name")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.find(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return describeLogStreamsOutput{}, err
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(g.streams)), func(name string) bool {
		return !strings.HasPrefix(name, in.LogStreamNamePrefix)
	})
	if byTime {
		slices.SortStableFunc(names, func(a, b string) int { return g.streams[a].last.Compare(g.streams[b].last) })
	}
	if in.Descending {
		slices.Reverse(names)
	}
	names, next, err := page(names, in.Limit, 50, in.NextToken)
	if err != nil {
		return describeLogStreamsOutput{}, err
	}
	out := describeLogStreamsOutput{LogStreams: []streamAnswer{}, NextToken: next}
	for _, name := range names {
		st := g.streams[name]
		out.LogStreams = append(out.LogStreams, streamAnswer{
			LogStreamName: name, ARN: g.arn + ":log-stream:" + name, CreationTime: st.created.UnixMilli(),
			FirstEventTimestamp: milliseconds(st.first), LastEventTimestamp: milliseconds(st.last),
			LastIngestionTime: milliseconds(st.last), UploadSequenceToken: "unused",
		})
	}
	return out, nil
}

// milliseconds returns a time in milliseconds since the epoch, the format of this API. It returns nil for the zero
// time.
func milliseconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMilli())
}
