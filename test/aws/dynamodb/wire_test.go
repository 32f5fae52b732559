package dynamodb

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestWireThereAndBack(t *testing.T) {
	const text = `{"b":{"B":""},"bs":{"BS":["AAEC"]},"l":{"L":[{"NULL":true},{"M":{}},{"L":[]}]},` +
		`"m":{"M":{"n":{"N":"-1.5"}}},"ns":{"NS":["1","2"]},"s":{"S":""},"ss":{"SS":["a"]},"t":{"BOOL":false}}`
	var i item
	if err := json.Unmarshal([]byte(text), &i); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(i)
	if err != nil || string(got) != text {
		t.Errorf("got %s, %v, want %s", got, err, text)
	}
}

func TestWireRefusals(t *testing.T) {
	for wire, want := range map[string]string{
		`{}`:                    "is empty",
		`null`:                  "is empty",
		`{"S":"a","N":"1"}`:     "more than one datatypes",
		`{"S":"a","X":1}`:       "more than one datatypes",
		`{"X":1}`:               "the datatype X",
		`{"s":"a"}`:             "the datatype s",
		`{"S":5}`:               "wants a string",
		`{"B":[1]}`:             "wants a string",
		`{"BOOL":"true"}`:       "wants a bool",
		`{"NULL":false}`:        "must have the value of true",
		`{"SS":[]}`:             "may not be empty",
		`{"NS":["1","1.0"]}`:    `["1","1.0"] contains duplicates`,
		`{"L":[{"M":{"a":5}}]}`: "an attribute value",
	} {
		var v value
		if err := json.Unmarshal([]byte(wire), &v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error that says %s", wire, err, want)
		}
	}
}
