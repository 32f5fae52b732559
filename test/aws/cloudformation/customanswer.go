package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/oralake/oralake/test/aws/resource"
)

const maxPhysicalID = 1024 // bytes

// readResponse reads the response of a custom resource to an event. The result has the physical id of the response, also
// with an error. readResponse ignores members that CloudFormation does not know. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
func readResponse(body []byte, event customEvent) (resource.Resource, error) {
	if len(body) > MaxResponse {
		return resource.Resource{}, reason("Response object is too long.")
	}
	a, err := decodeResponse(body)
	if err != nil {
		return resource.Resource{}, err
	}
	for _, copied := range []struct{ name, want string }{
		{"StackId", event.StackID}, {"RequestId", event.RequestID}, {"LogicalResourceId", event.LogicalResourceID},
	} {
		if got := a[copied.name]; got != copied.want {
			return resource.Resource{}, invalidResponse("%s is %v, not %s as in the request", copied.name, got, copied.want)
		}
	}
	status, err := a.text("Status")
	if err != nil {
		return resource.Resource{}, err
	}
	if status != "SUCCESS" && status != "FAILED" {
		return resource.Resource{}, invalidResponse("'%s' is not a valid ResponseStatus", status)
	}
	why, err := a.text("Reason")
	if err != nil {
		return resource.Resource{}, err
	}
	id, err := a.text("PhysicalResourceId")
	if err != nil {
		return resource.Resource{}, err
	}
	failed := fmt.Sprintf("Received response status [FAILED] from custom resource. Message returned: %s (RequestId: %s)",
		why, event.RequestID)
	switch {
	case id == "" && status == "FAILED":
		return resource.Resource{}, reason("Invalid PhysicalResourceId. %s", failed)
	case id == "" || len(id) > maxPhysicalID:
		return resource.Resource{}, reason("Invalid PhysicalResourceId")
	case status == "FAILED" && why == "":
		return resource.Resource{PhysicalID: id}, invalidResponse("a FAILED response needs a Reason")
	case status == "FAILED":
		return resource.Resource{PhysicalID: id}, reason("%s", failed)
	}
	data, err := a.data()
	return resource.Resource{PhysicalID: id, Attributes: data}, err
}

// customResponse has the members of a response.
type customResponse map[string]any

func decodeResponse(body []byte) (customResponse, error) {
	a := customResponse{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		return nil, invalidResponse("it is not a JSON object: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalidResponse("it has more text after the JSON object")
	}
	return a, nil
}

// text returns a member, or an empty text when it is absent. A member that is not a string is an error.
func (a customResponse) text(name string) (string, error) {
	text, ok := a[name].(string)
	if a[name] != nil && !ok {
		return "", invalidResponse("Value of property %s must be of type String", name)
	}
	return text, nil
}

// data returns the attributes of the resource, the member Data.
func (a customResponse) data() (map[string]any, error) {
	switch a["NoEcho"] {
	case nil, false, "false":
	default:
		return nil, validation("the embedded AWS does not implement NoEcho in the response of a custom resource")
	}
	switch data := a["Data"].(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		maps.DeleteFunc(data, func(_ string, value any) bool { return value == nil })
		return data, nil
	default:
		return nil, invalidResponse("Value of property Data must be an object")
	}
}

func invalidResponse(format string, args ...any) error {
	return reason("Invalid Response object: "+format, args...)
}

// statusReason is an error with the text of CloudFormation, which has a capital letter and a full stop.
type statusReason string

func (s statusReason) Error() string { return string(s) }

func reason(format string, args ...any) error { return statusReason(fmt.Sprintf(format, args...)) }
