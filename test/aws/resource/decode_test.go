package resource_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

type embedded struct{ Region string }

type properties struct {
	embedded
	Name     string
	Size     int
	Ratio    *float64
	Enabled  *bool
	KeyID    string `json:"KeyId"`
	Tags     []struct{ Key, Value string }
	Limits   map[string]int64
	Document json.RawMessage
	Any      any
}

func decode(raw string) (properties, error) {
	return resource.Decode[properties](resource.Request{LogicalID: "Table", Properties: json.RawMessage(raw)})
}

func TestDecodeCoercesScalars(t *testing.T) {
	got, err := decode(`{
		"Name": 5, "Size": "60", "Ratio": "0.5", "Enabled": "True", "KeyId": true, "Region": "eu",
		"Tags": [{"Key": "a", "Value": 12345678901234567890}, {"Key": false, "Value": "5"}],
		"Limits": {"x": "9007199254740993"},
		"Document": {"Size": "60",  "Text": "a<b"}, "Any": {"Size": "60"}}`)
	if err != nil {
		t.Fatal(err)
	}
	half, yes := 0.5, true
	want := properties{
		embedded: embedded{"eu"}, Name: "5", Size: 60, Ratio: &half, Enabled: &yes, KeyID: "true",
		Tags:     []struct{ Key, Value string }{{"a", "12345678901234567890"}, {"false", "5"}},
		Limits:   map[string]int64{"x": 9007199254740993},
		Document: json.RawMessage(`{"Size": "60",  "Text": "a<b"}`), Any: map[string]any{"Size": "60"},
	}
	if diff := cmp.Diff(got, want, cmp.AllowUnexported(properties{})); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestDecodeRefusals(t *testing.T) {
	for name, c := range map[string]struct{ raw, want string }{
		"unknown property":         {`{"Colour": "red"}`, `unknown field "Colour"`},
		"wrong case of a property": {`{"name": "x"}`, `unknown field "name"`},
		"Go's name for a field":    {`{"KeyID": "x"}`, `unknown field "KeyID"`},
		"inside a list":            {`{"Tags": [{"Key": "a", "value": "b"}]}`, `unknown field "value" of Tags.0`},
		"a text for a number":      {`{"Size": "big"}`, "Size"},
		"a fraction for an int":    {`{"Size": "1.5"}`, "Size"},
		"a text for a boolean":     {`{"Enabled": "yes"}`, "Enabled"},
		"a number for a boolean":   {`{"Enabled": 1}`, "Enabled"},
		"an object for a text":     {`{"Name": {"Ref": "X"}}`, "Name"},
		"a text for a list":        {`{"Tags": "a"}`, "Tags"},
		"no object":                {`[]`, "array"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(c.raw)
			if err == nil || !strings.HasPrefix(err.Error(), "properties of Table: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %s", err, c.want)
			}
		})
	}
}
