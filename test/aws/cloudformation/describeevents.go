package cloudformation

import (
	"context"
	"slices"
	"strconv"
)

// eventPage is the largest number of events in one response of DescribeStackEvents.
const eventPage = 100

type (
	eventAnswer struct {
		ID         string `xml:"EventId"`
		StackID    string `xml:"StackId"`
		StackName  string `xml:"StackName"`
		Operation  string `xml:"OperationId"`
		Token      string `xml:"ClientRequestToken,omitempty"`
		LogicalID  string `xml:"LogicalResourceId"`
		PhysicalID string `xml:"PhysicalResourceId"`
		Type       string `xml:"ResourceType"`
		Timestamp  string `xml:"Timestamp"`
		Status     string `xml:"ResourceStatus"`
		Reason     string `xml:"ResourceStatusReason,omitempty"`
		Properties string `xml:"ResourceProperties,omitempty"`
	}
	describeStackEventsResult struct {
		Events    []eventAnswer `xml:"StackEvents>member"`
		NextToken string        `xml:"NextToken,omitempty"`
	}
)

// describeStackEvents lists the newest events first. A token is the number of events that are older than the page, so
// new events do not change its meaning.
func (s *Service) describeStackEvents(_ context.Context, f *form) (any, error) {
	name, token := f.text("StackName"), f.text("NextToken")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, missing := s.find(name)
	if missing != nil {
		return nil, validation("Stack [%s] does not exist", name)
	}
	end := len(st.events)
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > end {
			return nil, validation("NextToken %s is not valid for this stack: use the NextToken of a response", token)
		}
		end = n
	}
	start := max(0, end-eventPage)
	var result describeStackEventsResult
	for _, e := range slices.Backward(st.events[start:end]) {
		result.Events = append(result.Events, eventAnswer{
			ID: e.id, StackID: st.id, StackName: st.name, Operation: e.operation, Token: e.token, LogicalID: e.logicalID,
			PhysicalID: e.physicalID, Type: e.kind, Timestamp: stamp(e.at), Status: e.status, Reason: e.reason,
			Properties: e.propertiesRaw,
		})
	}
	if start > 0 {
		result.NextToken = strconv.Itoa(start)
	}
	return result, nil
}
