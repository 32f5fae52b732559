package cloudformation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/resource"
)

// CustomResources invokes the functions of custom resources and receives their responses.
type CustomResources interface {
	// Expect opens a response URL that accepts one response. The channel receives at most the first MaxResponse+1 bytes
	// of the response. When the account closes, the channel is closed without a response. release closes the URL.
	Expect(ctx context.Context, name string) (responseURL string, response <-chan []byte, release func(), err error)
	// Invoke sends an event to a function in the name of the principal in ctx. It does not wait for the function to end.
	Invoke(ctx context.Context, functionARN string, event []byte) error
}

// MaxResponse is the largest size of the response of a custom resource, in bytes. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
const MaxResponse = 4096

const maxServiceTimeout = 3600 // in seconds; also the default

// CloudFormation itself reads these properties of a custom resource. The function receives them too.
const (
	serviceToken   = "ServiceToken"
	serviceTimeout = "ServiceTimeout"
)

// customResources implements all types of custom resources. Functions really run, so their time-outs are real time and
// do not use the clock of the account.
type customResources struct {
	account   account.Account
	functions CustomResources
}

// customEvent is the request that a function receives. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
type customEvent struct {
	RequestType           string          `json:"RequestType"` // "Create", "Update", "Delete"
	ResponseURL           string          `json:"ResponseURL"`
	StackID               string          `json:"StackId"`
	RequestID             string          `json:"RequestId"`
	ResourceType          string          `json:"ResourceType"`
	LogicalResourceID     string          `json:"LogicalResourceId"`
	PhysicalResourceID    string          `json:"PhysicalResourceId,omitempty"`
	ResourceProperties    json.RawMessage `json:"ResourceProperties"`
	OldResourceProperties json.RawMessage `json:"OldResourceProperties,omitempty"`
}

func (c customResources) kind(name string) resource.Type {
	return resource.Type{
		Create: func(ctx context.Context, r resource.Request) (resource.Resource, error) {
			answer, err := c.send(ctx, customEvent{RequestType: "Create", ResourceType: name}, r)
			if answer.PhysicalID == "" && !errors.As(err, &notInvoked{}) {
				// The function may have created a resource, but its id is unknown. A generated id lets the rollback send a
				// Delete to the function.
				answer.PhysicalID = r.Name(255)
			}
			return answer, err
		},
		// Update can return another physical id, also with an error. Then the new resource and the old one both exist.
		Update: func(ctx context.Context, r resource.Request) (resource.Resource, error) {
			return c.send(ctx, customEvent{
				RequestType: "Update", ResourceType: name, PhysicalResourceID: r.PhysicalID, OldResourceProperties: r.Previous,
			}, r)
		},
		Delete: func(ctx context.Context, r resource.Request) error {
			_, err := c.send(ctx, customEvent{
				RequestType: "Delete", ResourceType: name, PhysicalResourceID: r.PhysicalID,
			}, r)
			return err
		},
	}
}

// notInvoked is the error of a request that did not invoke the function.
type notInvoked struct{ error }

func (n notInvoked) Unwrap() error { return n.error }

// send sends an event to the function and waits for the response.
func (c customResources) send(ctx context.Context, event customEvent, r resource.Request) (resource.Resource, error) {
	properties, err := fromJSON(r.Properties)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := c.check(properties); err != nil {
		return resource.Resource{}, notInvoked{err}
	}
	event.StackID, event.LogicalResourceID, event.RequestID = r.StackID, r.LogicalID, uuid.NewString()
	event.ResourceProperties = r.Properties
	url, response, release, err := c.functions.Expect(ctx, r.StackID+"|"+r.LogicalID+"|"+event.RequestID)
	if err != nil {
		return resource.Resource{}, notInvoked{err}
	}
	defer release()
	event.ResponseURL = url
	payload, err := toJSON(event)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := c.functions.Invoke(ctx, properties[serviceToken].(string), payload); err != nil {
		if ctx.Err() != nil {
			return resource.Resource{}, err // the operation ended during Invoke; the function may have the event
		}
		return resource.Resource{}, notInvoked{err}
	}
	timer := time.NewTimer(timeout(properties))
	defer timer.Stop()
	select {
	case body, ok := <-response:
		if !ok {
			return resource.Resource{}, errors.New("the embedded AWS closes and does not wait for the response of a custom resource")
		}
		return readResponse(body, event)
	case <-timer.C:
		return resource.Resource{}, reason("CloudFormation did not receive a response from your custom resource. "+
			"Please check your logs for requestId [%s]", event.RequestID)
	case <-ctx.Done():
		return resource.Resource{}, fmt.Errorf("wait for the response of %s: %w", r.LogicalID, context.Cause(ctx))
	}
}

// check validates ServiceToken and ServiceTimeout. It accepts a value that is not known yet.
func (c customResources) check(properties map[string]any) error {
	switch token := properties[serviceToken].(type) {
	case unknownValue:
	case string:
		if err := c.checkToken(token); err != nil {
			return err
		}
	default:
		return validation("Missing required property %s: the ARN of a Lambda function", serviceToken)
	}
	switch given := properties[serviceTimeout].(type) {
	case nil, unknownValue:
	case string:
		if seconds, err := strconv.Atoi(given); err == nil && seconds >= 1 && seconds <= maxServiceTimeout {
			return nil
		}
		return validation("%s %s: want a number of seconds from 1 to %d", serviceTimeout, given, maxServiceTimeout)
	default:
		return validation("%s: want a number of seconds from 1 to %d", serviceTimeout, maxServiceTimeout)
	}
	return nil
}

func (c customResources) checkToken(token string) error {
	parts := strings.Split(token, ":")
	switch {
	case len(parts) == 6 && parts[0] == "arn" && parts[2] == "sns":
		return validation("the embedded AWS does not implement custom resources behind an SNS topic (%s %s): "+
			"use the ARN of a Lambda function", serviceToken, token)
	case len(parts) < 7 || parts[0] != "arn" || parts[2] != "lambda" || parts[5] != "function":
		return validation("Invalid service token: %s is not the ARN of a Lambda function", token)
	case parts[3] != c.account.Region || parts[4] != c.account.ID:
		return validation("Invalid service token: %s is not in account %s and region %s, where the stack is",
			token, c.account.ID, c.account.Region)
	}
	return nil
}

// timeout is the longest time until the response of a function. The properties must be valid.
func timeout(properties map[string]any) time.Duration {
	seconds := maxServiceTimeout
	if given, ok := properties[serviceTimeout].(string); ok {
		seconds, _ = strconv.Atoi(given)
	}
	return time.Duration(seconds) * time.Second
}

// checkCustomUpdate rejects a change of ServiceToken, as CloudFormation does.
func checkCustomUpdate(before, after map[string]any) error {
	if before[serviceToken] != after[serviceToken] {
		return reason("Modifying service token is not allowed.")
	}
	return nil
}

// toStrings turns every number and boolean into a string, because CloudFormation sends them to a function as strings.
func toStrings(value any) any {
	switch value := value.(type) {
	case bool:
		return strconv.FormatBool(value)
	case json.Number:
		return value.String()
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = toStrings(element)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			object[name] = toStrings(member)
		}
		return object
	default:
		return value
	}
}
