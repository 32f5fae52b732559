package eventbridge

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// maxEntries is the largest number of events in one PutEvents request.
const maxEntries = 10

type entry struct {
	Source       string
	DetailType   string
	Detail       string
	Time         *gateway.Time
	Resources    []string
	EventBusName string
}

type entryResult struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

type putEventsIn struct{ Entries []entry }

type putEventsOut struct {
	FailedEntryCount int
	Entries          []entryResult
}

func (s *Service) putEvents(_ context.Context, in putEventsIn) (*putEventsOut, error) {
	if n := len(in.Entries); n < 1 || n > maxEntries {
		return nil, invalid("PutEvents has %d entries, want 1 to %d", n, maxEntries)
	}
	out := &putEventsOut{Entries: make([]entryResult, len(in.Entries))}
	for i, e := range in.Entries {
		id, err := s.putEntry(e)
		out.Entries[i].EventID = id
		if err == nil {
			continue
		}
		out.FailedEntryCount++
		out.Entries[i].ErrorCode, out.Entries[i].ErrorMessage = "InternalFailure", err.Error()
		var apiErr *gateway.Error
		if errors.As(err, &apiErr) {
			out.Entries[i].ErrorCode, out.Entries[i].ErrorMessage = apiErr.Code, apiErr.Message
		}
	}
	return out, nil
}

func (s *Service) putEntry(e entry) (id string, err error) {
	if err := s.checkBus(e.EventBusName); err != nil {
		return "", err
	}
	switch {
	case e.Source == "":
		return "", gateway.Errorf("InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument.")
	case e.DetailType == "":
		return "", gateway.Errorf("InvalidArgument",
			"Parameter DetailType is not valid. Reason: DetailType is a required argument.")
	case !isObject(e.Detail):
		return "", gateway.Errorf("MalformedDetail", "Detail is malformed.")
	case strings.HasPrefix(e.Source, "aws."):
		return "", gateway.Errorf("NotAuthorizedForSourceException", "Not authorized for the source.")
	}
	event := Event{Source: e.Source, DetailType: e.DetailType, Resources: e.Resources, Detail: json.RawMessage(e.Detail)}
	if e.Time != nil {
		event.Time = e.Time.Time
	}
	return s.Put(event)
}

func isObject(text string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &object) == nil && object != nil
}
