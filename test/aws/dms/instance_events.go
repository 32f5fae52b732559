package dms

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// instanceEvent is an event of a replication instance in DescribeEvents.
type instanceEvent struct {
	identifier, message string
	at                  time.Time
}

// keptEvents is how long DMS keeps events (API_DescribeEvents, Duration: up to 14 days).
const keptEvents = 14 * 24 * time.Hour

// instanceEvent adds an event of an instance. The texts and the categories of AWS's events are not known, and nobody may
// depend on them. The caller holds the lock.
func (s *Service) instanceEvent(i *instance, message string) {
	now := time.Now()
	s.events = slices.DeleteFunc(s.events, func(e instanceEvent) bool { return e.at.Before(now.Add(-keptEvents)) })
	s.events = append(s.events, instanceEvent{i.ReplicationInstanceIdentifier, message, now})
}

type eventAnswer struct {
	SourceIdentifier string
	SourceType       string
	Message          string
	EventCategories  []string
	Date             *gateway.Time
}

type eventsAnswer struct{ Events []eventAnswer }

// describeEvents lists events of replication instances.
func (s *Service) describeEvents(_ context.Context, in struct {
	SourceIdentifier string
	SourceType       string
	StartTime        *gateway.Time
},
) (eventsAnswer, error) {
	if in.SourceType != "replication-instance" {
		return eventsAnswer{}, gateway.NotImplemented("SourceType " + in.SourceType)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := eventsAnswer{Events: []eventAnswer{}} // There are fewer than one page has.
	for _, e := range s.events {
		if e.identifier != in.SourceIdentifier || in.StartTime != nil && e.at.Before(in.StartTime.Time) {
			continue
		}
		out.Events = append(out.Events, eventAnswer{
			SourceIdentifier: e.identifier, SourceType: in.SourceType, Message: e.message,
			EventCategories: []string{"maintenance"}, Date: gateway.At(e.at),
		})
	}
	return out, nil
}
