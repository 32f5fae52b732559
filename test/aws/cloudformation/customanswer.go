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

// readAnswer reads the response of a custom resource to an event. The resource has the physical id that the function
// gave, with an error too. Members that CloudFormation does not know are the function's own affair. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
func readAnswer(body []byte, event customEvent) (resource.Resource, error) {
	if len(body) > MaxResponse {
		return resource.Resource{}, reason("Response object is too long.")
	}
	a, err := decodeAnswer(body)
	if err != nil {
		return resource.Resource{}, err
	}
	for _, copied := range []struct{ name, want string }{
		{"StackId", event.StackID}, {"RequestId", event.RequestID}, {"LogicalResourceId", event.LogicalResourceID},
	} {
		if got := a[copied.name]; got != copied.want {
			return resource.Resource{}, invalidAnswer("%s is %v, not %s as in the request", copied.name, got, copied.want)
		}
	}
	status, err := a.text("Status")
	if err != nil {
		return resource.Resource{}, err
	}
	if status != "SUCCESS" && status != "FAILED" {
		return resource.Resource{}, invalidAnswer("'%s' is not a valid ResponseStatus", status)
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
		return resource.Resource{PhysicalID: id}, invalidAnswer("a FAILED response needs a Reason")
	case status == "FAILED":
		return resource.Resource{PhysicalID: id}, reason("%s", failed)
	}
	data, err := a.data()
	return resource.Resource{PhysicalID: id, Attributes: data}, err
}

// customAnswer are the members of a response.
type customAnswer map[string]any

func decodeAnswer(body []byte) (customAnswer, error) {
	a := customAnswer{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		return nil, invalidAnswer("it is not a JSON object: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalidAnswer("something follows the JSON object")
	}
	return a, nil
}

// text is a member that must be a string if it is there.
func (a customAnswer) text(name string) (string, error) {
	text, ok := a[name].(string)
	if a[name] != nil && !ok {
		return "", invalidAnswer("Value of property %s must be of type String", name)
	}
	return text, nil
}

// data is what Fn::GetAtt gives.
func (a customAnswer) data() (map[string]any, error) {
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
		return nil, invalidAnswer("Value of property Data must be an object")
	}
}

func invalidAnswer(format string, args ...any) error {
	return reason("Invalid Response object: "+format, args...)
}

// wording is an error as CloudFormation words it, with its capital letter and full stop.
type wording string

func (w wording) Error() string { return string(w) }

func reason(format string, args ...any) error { return wording(fmt.Sprintf(format, args...)) }
