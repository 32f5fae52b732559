package run

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An invalid input is explained, and keeps its job: the run is recorded under it.
func TestRequest(t *testing.T) {
	for input, want := range map[string]Request{
		`{"job": "daily"}`: {Job: "daily"},
		`{"job": "daily", "tables": ["SALES.ORDERS"]}`:             {Job: "daily", Tables: []string{"SALES.ORDERS"}},
		`{"job": "daily", "tables": null}`:                         {Job: "daily"},
		`{"job": "live", "resume": true}`:                          {Job: "live", Resume: true},
		`{"job": "daily", "table": ["SALES.ORDERS"]}`:              {Job: "daily", InvalidInput: `unknown field "table"; it takes "job", "tables"`},
		`{"job": "daily", "tables": []}`:                           {Job: "daily", InvalidInput: `"tables" is empty`},
		`{"job": "daily", "rollback": ["SALES.ORDERS"]}`:           {Job: "daily", Rollback: []string{"SALES.ORDERS"}},
		`{"job": "daily", "rollback": []}`:                         {Job: "daily", InvalidInput: `"rollback" is empty`},
		`{"job": "daily", "publish": ["SALES.ORDERS"]}`:            {Job: "daily", Publish: []string{"SALES.ORDERS"}},
		`{"job": "daily", "publish": []}`:                          {Job: "daily", InvalidInput: `"publish" is empty`},
		`{"job": "live", "reload": []}`:                            {Job: "live", InvalidInput: `"reload" is empty`},
		`{"job": "live", "accept": ["SALES.ORDERS"], "by": "Ana"}`: {Job: "live", Accept: []string{"SALES.ORDERS"}, By: "Ana"},
		`{"job": "live", "accept": []}`:                            {Job: "live", InvalidInput: `"accept" is empty`},
		`{"job": "live", "accept": {"SALES.ORDERS": true}}`:        {Job: "live", InvalidInput: `"accept" is of type object: it must be a list of tables`},
		`{"job": "live", "by": "Ana"}`:                             {Job: "live", By: "Ana", InvalidInput: `"by" says who accepts DDL: name the tables in "accept", or leave "by" out`},
		`{"job": "live", "accept": ["SALES.ORDERS"], "by": 7}`:     {Job: "live", InvalidInput: `"by" is of type number: it must be a string`},
		`{"job": "daily", "tables": "SALES.ORDERS"}`:               {Job: "daily", InvalidInput: `"tables" is of type string: it must be a list of tables`},
		`{"job": "daily", "tables": [1]}`:                          {Job: "daily", InvalidInput: `it must be a list of tables`},
		`{"job": "live", "resume": "yes"}`:                         {Job: "live", InvalidInput: `"resume" is of type string: it must be true or false`},
		`{"job": "daily", "rollback": ["S.A"], "tables": ["S.B"]}`: {
			Job: "daily", Rollback: []string{"S.A"}, Tables: []string{"S.B"}, InvalidInput: `"rollback" loads nothing, and "tables" says what to load: start two runs, one with each`,
		},
		`{"job": "daily", "publish": ["S.A"], "rollback": ["S.A"]}`: {
			Job: "daily", Publish: []string{"S.A"}, Rollback: []string{"S.A"}, InvalidInput: `"publish" only publishes what is held: start another run for "tables" or "rollback"`,
		},
		`{"job": 7}`: {InvalidInput: `"job" is of type number: it must be a string`},
		`{"job": "live", "invalidInput": "", "resume": false, "x": 1}`: {Job: "live", InvalidInput: `unknown field "x"`},
		`["daily"]`: {InvalidInput: `the execution's input is of type array: start`},
		`"daily"`:   {InvalidInput: `the execution's input is of type string: start the state machine with {"job": "NAME"}`},
	} {
		var got Request
		if err := json.Unmarshal([]byte(input), &got); err != nil {
			t.Fatal(err)
		}
		if want.InvalidInput != "" && strings.Contains(got.InvalidInput, want.InvalidInput) {
			got.InvalidInput = want.InvalidInput
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", input, diff)
		}
		// The request passes from function to function in the run document.
		document, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again Request
		if err := json.Unmarshal(document, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("%s, written and read again (-want +got):\n%s", input, diff)
		}
	}
}
