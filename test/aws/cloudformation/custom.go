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

// CustomResources reaches the functions behind custom resources, and takes what they answer.
type CustomResources interface {
	// Expect opens an address that takes one response, of which it passes on MaxResponse+1 bytes at most. The channel is
	// closed without a response when the account closes. forget gives the address up.
	Expect(ctx context.Context, name string) (responseURL string, response <-chan []byte, forget func(), err error)
	// Invoke hands an event to a function in the name of the principal in ctx, and does not wait for the function.
	Invoke(ctx context.Context, functionARN string, event []byte) error
}

// MaxResponse is how long the response of a custom resource may be, in bytes. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
const MaxResponse = 4096

const maxServiceTimeout = 3600 // seconds, and the default

// The properties of a custom resource that CloudFormation itself reads. The function gets them like all others.
const (
	serviceToken   = "ServiceToken"
	serviceTimeout = "ServiceTimeout"
)

// customResources implements every type of custom resources. Functions really run, so their time is real, whatever the
// speed of the account's clock.
type customResources struct {
	account   account.Account
	functions CustomResources
}

// customEvent is what a function gets. Source:
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
			answer, err := c.ask(ctx, customEvent{RequestType: "Create", ResourceType: name}, r)
			if answer.PhysicalID == "" && !errors.As(err, &notAsked{}) {
				// What the function made is not known: it is asked to delete it all the same, under a name of the engine's.
				answer.PhysicalID = r.Name(255)
			}
			return answer, err
		},
		// Update may return another physical id, also with an error: then there is a new resource beside the old one.
		Update: func(ctx context.Context, r resource.Request) (resource.Resource, error) {
			return c.ask(ctx, customEvent{
				RequestType: "Update", ResourceType: name, PhysicalResourceID: r.PhysicalID, OldResourceProperties: r.Previous,
			}, r)
		},
		Delete: func(ctx context.Context, r resource.Request) error {
			_, err := c.ask(ctx, customEvent{
				RequestType: "Delete", ResourceType: name, PhysicalResourceID: r.PhysicalID,
			}, r)
			return err
		},
	}
}

// notAsked is the error when no function was invoked.
type notAsked struct{ error }

func (n notAsked) Unwrap() error { return n.error }

// ask sends an event and waits for the response.
func (c customResources) ask(ctx context.Context, event customEvent, r resource.Request) (resource.Resource, error) {
	properties, err := fromJSON(r.Properties)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := c.check(properties); err != nil {
		return resource.Resource{}, notAsked{err}
	}
	event.StackID, event.LogicalResourceID, event.RequestID = r.StackID, r.LogicalID, uuid.NewString()
	event.ResourceProperties = r.Properties
	url, response, forget, err := c.functions.Expect(ctx, r.StackID+"|"+r.LogicalID+"|"+event.RequestID)
	if err != nil {
		return resource.Resource{}, notAsked{err}
	}
	defer forget()
	event.ResponseURL = url
	payload, err := toJSON(event)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := c.functions.Invoke(ctx, properties[serviceToken].(string), payload); err != nil {
		if ctx.Err() != nil {
			return resource.Resource{}, err // given up while it was being asked, which may have been in time or not
		}
		return resource.Resource{}, notAsked{err}
	}
	timer := time.NewTimer(timeout(properties))
	defer timer.Stop()
	select {
	case body, ok := <-response:
		if !ok {
			return resource.Resource{}, errors.New("the embedded AWS closes: it waits for no response of a custom resource")
		}
		return readAnswer(body, event)
	case <-timer.C:
		return resource.Resource{}, reason("CloudFormation did not receive a response from your custom resource. "+
			"Please check your logs for requestId [%s]", event.RequestID)
	case <-ctx.Done():
		return resource.Resource{}, fmt.Errorf("wait for the response of %s: %w", r.LogicalID, context.Cause(ctx))
	}
}

// check finds what is wrong with the properties that CloudFormation itself reads, as far as they are known.
func (c customResources) check(properties map[string]any) error {
	switch token := properties[serviceToken].(type) {
	case later:
	case string:
		if err := c.checkToken(token); err != nil {
			return err
		}
	default:
		return validation("Missing required property %s: the ARN of a Lambda function", serviceToken)
	}
	switch given := properties[serviceTimeout].(type) {
	case nil, later:
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
			"give it the ARN of a Lambda function", serviceToken, token)
	case len(parts) < 7 || parts[0] != "arn" || parts[2] != "lambda" || parts[5] != "function":
		return validation("Invalid service token: %s is not the ARN of a Lambda function", token)
	case parts[3] != c.account.Region || parts[4] != c.account.ID:
		return validation("Invalid service token: %s is not in account %s and region %s, where the stack is",
			token, c.account.ID, c.account.Region)
	}
	return nil
}

// timeout is how long a function may take. The properties are checked.
func timeout(properties map[string]any) time.Duration {
	seconds := maxServiceTimeout
	if given, ok := properties[serviceTimeout].(string); ok {
		seconds, _ = strconv.Atoi(given)
	}
	return time.Duration(seconds) * time.Second
}

// checkCustomUpdate refuses the one change that CloudFormation does not carry out.
func checkCustomUpdate(before, after map[string]any) error {
	if before[serviceToken] != after[serviceToken] {
		return reason("Modifying service token is not allowed.")
	}
	return nil
}

// texts makes every number and boolean a text, which is how CloudFormation hands properties to a function.
func texts(value any) any {
	switch value := value.(type) {
	case bool:
		return strconv.FormatBool(value)
	case json.Number:
		return value.String()
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = texts(element)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			object[name] = texts(member)
		}
		return object
	default:
		return value
	}
}
