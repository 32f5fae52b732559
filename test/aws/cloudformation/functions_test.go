package cloudformation

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixed gives the references of testdata/functions.json: a resource Table that exists, and one New that does not yet.
type fixed struct{}

func (fixed) ref(id string) (any, error) {
	switch id {
	case "Table":
		return "table-1", nil
	case "New":
		return later{}, nil
	}
	return nil, unresolved(id, "Resources")
}

func (f fixed) attribute(id, name string) (any, error) {
	value, err := f.ref(id)
	if err != nil || hasLater(value) {
		return value, err
	}
	values := map[string]any{
		"Arn": "arn:table-1", "Endpoint.Port": json.Number("1521"), "Zones": []any{"a", "b"}, "Live": true,
	}
	if value, ok := values[name]; ok {
		return value, nil
	}
	return managed{logicalID: id}.attribute(name)
}

func testScope() *scope {
	return &scope{
		account: home, stackName: "house", stackID: "arn:house", resources: fixed{},
		parameters: map[string]any{"Name": "sales", "Subnets": []any{"s-1", "s-2"}},
		mappings:   map[string]map[string]map[string]any{"Sizes": {"eu-central-1": {"small": "t3", "list": []any{"x", "y"}}}},
		conditions: map[string]bool{"Yes": true, "No": false},
		exports:    func(name string) (string, bool) { return "exported-" + name, name == "vpc" },
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

func TestConditions(t *testing.T) {
	raw, err := os.ReadFile("testdata/conditions.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Is, Error  string
		Conditions map[string]any
		Value      bool
	}
	if err := decodeStrictly(raw, "testdata/conditions.json", &cases); err != nil {
		t.Fatal(err)
	}
	for _, tt := range cases {
		t.Run(tt.Is, func(t *testing.T) {
			s := testScope()
			s.resources, s.conditions = nil, nil
			got, err := evaluateConditions(s, tt.Conditions)
			if tt.Error != "" {
				if err == nil || !strings.Contains(err.Error(), tt.Error) {
					t.Errorf("got %v, %v, want the error %q", got, err, tt.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got["C"] != tt.Value {
				t.Errorf("got %v, want %v", got["C"], tt.Value)
			}
		})
	}
}
