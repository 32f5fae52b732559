package faults_test

import (
	"encoding/json"

	"github.com/oralake/oralake/test/aws/eventbridge"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// EventBridge may lose the event that starts a recovery. Then the search for orphans starts the recovery.
var eventFaults = []string{"event-lost"}

// losesEvent reports whether EventBridge loses an event.
func (f *faults) losesEvent(e eventbridge.Event) bool {
	var change stepfunctions.StatusChange
	if err := json.Unmarshal(e.Detail, &change); err != nil {
		panic(err) // the embedded AWS writes the event
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name := f.names[change.ExecutionARN]
	lost := name != "" && f.strike(eventFaults, "event", name, change.Status) != ""
	if lost {
		f.lost[change.ExecutionARN] = true
	}
	return lost
}
