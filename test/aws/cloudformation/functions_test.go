package cloudformation

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixed resolves the references in testdata/functions.json. The resource Table exists; the resource New does not exist
// yet.
type fixed struct{}

func (fixed) ref(id string) (any, error) {
	switch id {
	case "Table":
		return "table-1", nil
	case "New":
		return unknownValue{}, nil
	}
	return nil, unresolved(id, "Resources")
}

func (f fixed) attribute(id, name string) (any, error) {
	value, err := f.ref(id)
	if err != nil || hasUnknown(value) {
		return value, err
	}
	values := map[string]any{
		"Arn": "arn:table-1", "Endpoint.Port": json.Number("1521"), "Zones": []any{"a", "b"}, "Live": true,
	}
	if value, ok := values[name]; ok {
		return value, nil
	}
	return stackResource{logicalID: id}.attribute(name)
}

func testScope() *scope {
	return &scope{
		account: home, stackName: "house", stackID: "arn:house", resources: fixed{},
		parameters: map[string]any{"Name": "sales", "Subnets": []any{"s-1", "s-2"}},
	}
}

func TestIntrinsicFunctions(t *testing.T) {
	raw, err := os.ReadFile("testdata/functions.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Is, Error  string
		Expression any
		Value      json.RawMessage
	}
	if err := decodeStrictly(raw, "testdata/functions.json", &cases); err != nil {
		t.Fatal(err)
	}
	for _, tt := range cases {
		t.Run(tt.Is, func(t *testing.T) {
			value, err := testScope().evaluate(tt.Expression)
			if tt.Error != "" {
				if err == nil || !strings.Contains(err.Error(), tt.Error) {
					t.Errorf("got %v, %v, want the error %q", value, err, tt.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := toJSON(value)
			if err != nil {
				t.Fatal(err)
			}
			var want any
			if err := decodeStrictly(tt.Value, tt.Is, &want); err != nil {
				t.Fatal(err)
			}
			wanted, err := toJSON(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(got), string(wanted)); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
		})
	}
}

func TestConditionsOfRules(t *testing.T) {
	for condition, want := range map[string]string{
		`{"Fn::Contains": [["1", "2"], "2"]}`:               "true",
		`{"Fn::Contains": [[1, "sales"], {"Ref": "Name"}]}`: "true",
		`{"Fn::Contains": [["1", "2"], "3"]}`:               "false",
		`{"Fn::Contains": [[1], "1"]}`:                      "true",
		`{"Fn::Contains": ["1", "1"]}`:                      "Fn::Contains wants a list of texts and a text",
		`{"Fn::Not": [{"Fn::Contains": [["1"], "1"]}]}`:     "false",
		`{"Fn::Not": []}`:                                   "Fn::Not wants one condition",
		`{"Fn::Contains": [[{"Ref": "Table"}], "x"]}`:       "unresolved reference Table",
		`{"Fn::RefAll": ["AWS::EC2::VPC::Id", "x"]}`:        "does not implement the condition function Fn::RefAll",
		`{"Fn::Equals": ["1", "1"]}`:                        "does not implement the condition function Fn::Equals",
		`"true"`:                                            "a condition must be one condition function",
	} {
		var node any
		if err := decodeStrictly([]byte(condition), condition, &node); err != nil {
			t.Fatal(err)
		}
		s := testScope()
		s.resources = nil
		holds, err := s.evaluateCondition(node)
		if got := fmt.Sprint(holds); err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %s, %v, want %s", condition, got, err, want)
		}
	}
}
