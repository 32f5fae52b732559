package cloudformation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

const functionARN = "arn:aws:lambda:eu-central-1:123456789012:function:provider"

// functions is a Lambda whose function gives every resource an id of its properties' Name, keeps what exists, and
// answers with what respond says.
type functions struct {
	mu      sync.Mutex
	open    map[string]chan []byte // by response URL
	events  []customEvent
	invoked []string // the functions
	asked   gateway.Principal
	exists  map[string]bool // physical ids
	refuse  error           // of Invoke
	hang    bool            // Invoke does not return before its context ends when there is no response
	// respond may change the response to an event; nil for none. It is called in the order of the events.
	respond func(e customEvent, response map[string]any) map[string]any
}

func newFunctions() *functions {
	return &functions{open: map[string]chan []byte{}, exists: map[string]bool{}}
}

func (f *functions) Expect(_ context.Context, name string) (string, <-chan []byte, func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	url := "http://responses/" + name
	response := make(chan []byte, 1)
	f.open[url] = response
	return url, response, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.open, url)
	}, nil
}

func (f *functions) Invoke(ctx context.Context, function string, payload []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return f.refuse
	}
	var e customEvent
	if err := decodeStrictly(payload, "the event", &e); err != nil {
		return err
	}
	response, ok := f.open[e.ResponseURL]
	if !ok || !strings.HasSuffix(e.ResponseURL, e.StackID+"|"+e.LogicalResourceID+"|"+e.RequestID) {
		return errors.New("a response URL that nobody waits at: " + e.ResponseURL)
	}
	f.events = append(f.events, e)
	f.invoked = append(f.invoked, function)
	f.asked = gateway.PrincipalFrom(ctx)
	answer := map[string]any{
		"Status": "SUCCESS", "StackId": e.StackID, "RequestId": e.RequestID, "LogicalResourceId": e.LogicalResourceID,
		"PhysicalResourceId": f.id(e), "Data": map[string]any{"Arn": "arn:" + f.id(e), "Port": 1521},
	}
	if f.respond != nil {
		answer = f.respond(e, answer)
	}
	if answer == nil {
		if f.hang {
			<-ctx.Done() // the function was reached, but its caller never hears of it
			return ctx.Err()
		}
		return nil
	}
	if answer["Status"] == "SUCCESS" {
		if e.RequestType == "Delete" {
			delete(f.exists, e.PhysicalResourceID)
		} else {
			f.exists[fmt.Sprint(answer["PhysicalResourceId"])] = true
		}
	}
	body, ok := answer["raw"].(string)
	if !ok {
		raw, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		body = string(raw)
	}
	time.AfterFunc(time.Second, func() { response <- []byte(body) })
	return nil
}

// id is the physical id that the function gives.
func (f *functions) id(e customEvent) string {
	if e.RequestType == "Delete" {
		return e.PhysicalResourceID
	}
	var properties struct{ Name string }
	// Other members may have other types; a Name that is missing makes an id all the same.
	_ = json.Unmarshal(e.ResourceProperties, &properties)
	return e.LogicalResourceID + "-" + properties.Name
}

// took empties the list of events and returns "REQUEST LOGICAL PHYSICAL OLD -> NEW" of each that was in it.
func (f *functions) took() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, e := range f.events {
		line := e.RequestType + " " + e.LogicalResourceID
		if e.PhysicalResourceID != "" {
			line += " " + e.PhysicalResourceID
		}
		line += ": "
		if e.OldResourceProperties != nil {
			line += shorten(e.OldResourceProperties) + " -> "
		}
		all = append(all, line+shorten(e.ResourceProperties))
	}
	f.events = nil
	return all
}

func shorten(properties json.RawMessage) string {
	return strings.Replace(string(properties), `,"ServiceToken":"`+functionARN+`"`, "", 1)
}

func (f *functions) left() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.exists)
}

// answering makes the function respond otherwise from now on.
func (f *functions) answering(respond func(e customEvent, response map[string]any) map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.respond = respond
}
