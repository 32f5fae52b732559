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

// functions is a fake Lambda with one function for custom resources. The function makes the id of a resource from its
// property Name and records which resources exist. respond can change its responses.
type functions struct {
	mu      sync.Mutex
	open    map[string]chan []byte // by response URL
	events  []customEvent
	invoked []string // the ARNs of the invoked functions
	caller  gateway.Principal
	exists  map[string]bool // the physical ids of the resources that exist
	// invokeErr is the error of every Invoke, or nil.
	invokeErr error
	hang      bool // an Invoke without a response returns only when its context ends
	// respond returns the response to an event, or nil for no response. The calls have the order of the events.
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
	if f.invokeErr != nil {
		return f.invokeErr
	}
	var e customEvent
	if err := decodeStrictly(payload, "the event", &e); err != nil {
		return err
	}
	response, ok := f.open[e.ResponseURL]
	if !ok || !strings.HasSuffix(e.ResponseURL, e.StackID+"|"+e.LogicalResourceID+"|"+e.RequestID) {
		return errors.New("response URL is not open: " + e.ResponseURL)
	}
	f.events = append(f.events, e)
	f.invoked = append(f.invoked, function)
	f.caller = gateway.PrincipalFrom(ctx)
	answer := map[string]any{
		"Status": "SUCCESS", "StackId": e.StackID, "RequestId": e.RequestID, "LogicalResourceId": e.LogicalResourceID,
		"PhysicalResourceId": f.id(e), "Data": map[string]any{"Arn": "arn:" + f.id(e), "Port": 1521},
	}
	if f.respond != nil {
		answer = f.respond(e, answer)
	}
	if answer == nil {
		if f.hang {
			<-ctx.Done() // the function has the event, but Invoke does not return
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

// id is the physical id in the response of the function.
func (f *functions) id(e customEvent) string {
	if e.RequestType == "Delete" {
		return e.PhysicalResourceID
	}
	var properties struct{ Name string }
	// Other properties can have other types, and Name can be missing. The id is then the logical id and "-".
	_ = json.Unmarshal(e.ResourceProperties, &properties)
	return e.LogicalResourceID + "-" + properties.Name
}

// takeEvents clears the list of events and returns "REQUEST LOGICAL PHYSICAL: OLD -> NEW" for each event.
func (f *functions) takeEvents() []string {
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

// existing returns the physical ids of the resources that exist.
func (f *functions) existing() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.exists)
}

// setRespond changes respond while operations run.
func (f *functions) setRespond(respond func(e customEvent, response map[string]any) map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.respond = respond
}
