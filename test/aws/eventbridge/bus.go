package eventbridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Event is an event that a service or a program puts on the bus.
type Event struct {
	Source     string // "aws.states"
	DetailType string // "Step Functions Execution Status Change"
	// Time is the time of the event. Targets get it with a resolution of one second. Zero means now.
	Time      time.Time
	Resources []string // ARNs of the resources that the event is about
	Detail    json.RawMessage
}

// maxEntry is the largest size of an event that the bus accepts, in bytes.
const maxEntry = 1 << 20

// envelope is the JSON form in which targets get an event.
type envelope struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail,omitempty"`
}

// acceptedEvent is an event that the bus has accepted.
type acceptedEvent struct {
	envelope
	text     []byte // the envelope as JSON
	document any    // text decoded, with numbers as json.Number
}

// Put sends an event to the targets of every rule that matches it and returns the event's id. It does not wait for the
// targets. It returns an error when the event is too large or when its detail is not a JSON object. A caller may hold
// its own locks: Put does not call back.
func (s *Service) Put(e Event) (id string, err error) {
	a, err := s.accept(e)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lose != nil && s.lose(e) {
		return a.ID, nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		r := s.rules[name]
		if !r.pattern.matches(a.document) {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(r.targets)) {
			to := eventDelivery{event: a, rule: r.name, ruleARN: r.arn, target: r.targets[id]}
			s.workers.Go(func(live context.Context) { s.deliver(live, to) })
		}
	}
	return a.ID, nil
}

func (s *Service) accept(e Event) (*acceptedEvent, error) {
	if size := entrySize(e); size > maxEntry {
		return nil, invalid("Total size of the entry is %d bytes, want at most %d", size, maxEntry)
	}
	var detail map[string]json.RawMessage
	if json.Unmarshal(e.Detail, &detail) != nil || detail == nil {
		return nil, fmt.Errorf("detail of an event of %s: it is not a JSON object", e.Source)
	}
	a := &acceptedEvent{envelope: envelope{
		Version: "0", ID: uuid.NewString(), DetailType: e.DetailType, Source: e.Source, Account: s.account.ID,
		Region: s.account.Region, Resources: e.Resources, Detail: e.Detail,
	}}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	a.Time = e.Time.UTC().Format(time.RFC3339)
	if a.Resources == nil {
		a.Resources = []string{}
	}
	var err error
	if a.text, err = encode(a.envelope); err != nil {
		return nil, fmt.Errorf("write an event of %s: %w", e.Source, err)
	}
	if a.document, err = decode(a.text); err != nil {
		return nil, fmt.Errorf("read an event of %s: %w", e.Source, err)
	}
	return a, nil
}

// entrySize returns the size of an event in bytes, as EventBridge measures it. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
func entrySize(e Event) int {
	size := len(e.Source) + len(e.DetailType) + len(e.Detail)
	if !e.Time.IsZero() {
		size += 14
	}
	for _, r := range e.Resources {
		size += len(r)
	}
	return size
}

// encode returns v as JSON. It does not escape <, > and &.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// decode reads one JSON value. It keeps the text of numbers, because rules compare numbers as text: 300 is not 300.0.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one value")
	}
	return v, nil
}
