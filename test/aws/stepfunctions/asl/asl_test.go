package asl

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// machine is a definition with a state S and a Succeed state N. S starts and may lead to N.
func machine(state string) string {
	return `{"StartAt": "S", "States": {"S": ` + state + `, "N": {"Type": "Succeed"}}}`
}

const function = `"Resource": "arn:aws:lambda:eu-central-1:111122223333:function:f"`

func TestParseMachineRejectsInvalidDefinitions(t *testing.T) {
	task := func(fields string) string {
		return machine(`{"Type": "Task", "Next": "N", ` + function + `, ` + fields + `}`)
	}
	pass := func(fields string) string { return machine(`{"Type": "Pass", "Next": "N", ` + fields + `}`) }
	choice := func(rule string) string {
		return machine(`{"Type": "Choice", "Choices": [` + rule + `], "Default": "N"}`)
	}
	for _, test := range []struct{ definition, want string }{
		{`{`, "INVALID_JSON_DESCRIPTION"},
		{`[]`, "an array"},
		{`{"StartAt": "S", "StartAt": "S"}`, `"StartAt" is twice in one object`},
		{`{"StartAt": "S"}`, "required: [States]"},
		{`{"States": {"S": {"Type": "Succeed"}}}`, "required: [StartAt]"},
		{`{"StartAt": "X", "States": {"S": {"Type": "Succeed"}}}`, "Missing 'Next' target: X at /StartAt"},
		{machine(`{"Type": "Pass", "End": true}`), `State "N" is not reachable. at /States/N`},
		{machine(`{"Type": "Pass"}`), `A state needs Next or "End": true`},
		{machine(`{"Type": "Pass", "Next": "N", "End": true}`), "not both at /States/S"},
		{machine(`{"Type": "Job", "Next": "N"}`), `Unknown state type "Job"`},
		{machine(`{"Next": "N"}`), "required: [Type]"},
		{`{"StartAt": "S", "Version": "2", "States": {"S": {"Type": "Succeed"}}}`, "Version"},
		{`{"StartAt": "S", "Extra": 1, "States": {"S": {"Type": "Succeed"}}}`, "Field 'Extra' is not supported"},

		{machine(`{"Type": "Parallel", "Next": "N"}`), "does not implement Parallel states"},
		{machine(`{"Type": "Map", "Next": "N"}`), "does not implement Map states"},
		{`{"StartAt": "S", "QueryLanguage": "JSONata", "States": {"S": {"Type": "Succeed"}}}`, "QueryLanguage JSONata"},
		{pass(`"QueryLanguage": "JSONata"`), "QueryLanguage JSONata"},
		{pass(`"Assign": {"a": 1}`), "does not implement Assign"},
		{pass(`"Retry": []`), "Field 'Retry' is not supported in Pass states"},
		{task(`"HeartbeatSeconds": 5`), "does not implement HeartbeatSeconds"},
		{task(`"Arguments": {}`), "does not implement Arguments (JSONata)"},
		{task(`"Timeout": 5`), "Field 'Timeout'"},
		{task(`"TimeoutSeconds": 0`), "TimeoutSeconds is 0"},
		{machine(`{"Type": "Task", "Next": "N", "Resource": "arn:aws:states:::dynamodb:putItem"}`), "dynamodb:putItem"},
		{machine(`{"Type": "Task", "Next": "N", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}`), "task tokens"},
		{machine(`{"Type": "Task", "Next": "N", "Resource": "${Function}"}`), "${Function}"},
		{machine(`{"Type": "Task", "Next": "N", "Resource": "arn:aws:states:::lambda:invoke"}`), `does not implement Resource "arn:aws:states:::lambda:invoke"`},

		{pass(`"InputPath": "a"`), "starts with $"},
		{pass(`"InputPath": "$..a"`), "recursive descent"},
		{pass(`"InputPath": "$.a[*]"`), "wildcards"},
		{pass(`"InputPath": "$.a[?(@.b)]"`), "filters"},
		{pass(`"InputPath": "$.a[1:2]"`), "slices"},
		{pass(`"InputPath": "$.a[-1]"`), "from the end"},
		{pass(`"InputPath": "$.length()"`), "functions"},
		{pass(`"ResultPath": "$$.a"`), "context object"},
		{pass(`"Parameters": {"a.$": 1}`), "'a.$' must be a string"},
		{pass(`"Parameters": {"a.$": "b"}`), "'a.$' must be a valid path"},
		{pass(`"Parameters": {"a.$": "$.a", "a": 1}`), "keep one of them"},
		{pass(`"Parameters": {"a.$": "States.Format('{}', $.a)"}`), "does not implement intrinsic functions: States.Format"},
		{machine(`{"Type": "Fail", "CausePath": "States.Format('{}', $.a)"}`), "does not implement intrinsic functions: States.Format"},

		{task(`"Retry": [{"ErrorEquals": []}]`), "ErrorEquals"},
		{task(`"Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]`), "Retry[0]: States.ALL must be the only name"},
		{task(`"Catch": [{"ErrorEquals": ["States.ALL", "A"], "Next": "N"}]`), "Catch[0]: States.ALL must be the only name"},
		{task(`"Retry": [{"ErrorEquals": ["A"], "BackoffRate": 0.5}]`), "BackoffRate is 0.5"},
		{task(`"Retry": [{"ErrorEquals": ["A"], "IntervalSeconds": 1.5}]`), "IntervalSeconds is 1.5"},
		{task(`"Retry": [{"ErrorEquals": ["A"], "JitterStrategy": "HALF"}]`), "HALF"},
		{task(`"Retry": [{"ErrorEquals": ["A"], "Jitter": "FULL"}]`), "Field 'Jitter' is not supported in Retry"},
		{task(`"Catch": [{"ErrorEquals": ["A"], "Next": "Gone"}]`), "Missing 'Next' target: Gone at /States/S/Catch[0]/Next"},

		{machine(`{"Type": "Wait", "Next": "N"}`), "exactly one of"},
		{machine(`{"Type": "Wait", "Seconds": 1, "SecondsPath": "$.a", "Next": "N"}`), "exactly one of"},
		{machine(`{"Type": "Wait", "Timestamp": "tomorrow", "Next": "N"}`), "tomorrow"},
		{machine(`{"Type": "Choice", "Choices": [], "Default": "N"}`), "at least one rule"},
		{choice(`{"Variable": "$.a", "StringEquals": "x"}`), "Next belongs to each rule"},
		{choice(`{"Variable": "$.a", "StringEquals": 1, "Next": "N"}`), "StringEquals is a number, want a string"},
		{choice(`{"Variable": "$.a", "BooleanLessThan": true, "Next": "N"}`), "does not implement the comparison BooleanLessThan"},
		{choice(`{"Variable": "$.a", "StringEquals": "x", "IsNull": true, "Next": "N"}`), "want one comparison"},
		{choice(`{"And": [{"Variable": "$.a", "IsNull": true, "Next": "N"}], "Next": "N"}`), "no rule inside And"},
		{choice(`{"Condition": "{% true %}", "Next": "N"}`), "does not implement Condition"},
		{machine(`{"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}`), "not both"},
	} {
		_, err := ParseMachine(test.definition)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", test.definition, err, test.want)
		}
	}
}

func TestParseMachineReportsAllProblems(t *testing.T) {
	_, err := ParseMachine(`{"StartAt": 1, "States": {"A": {"Type": "Pass"}, "B": {"Type": "Wait", "End": true}}}`)
	var invalid *InvalidError
	if !errors.As(err, &invalid) || len(invalid.Problems) != 3 {
		t.Errorf("got %v, want three problems: StartAt, A and B", err)
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		errorEquals, name string
		want              bool // as recorded on AWS
	}{
		{"A", "A", true},
		{"A", "B", false},
		{"States.ALL", "A", true},
		{"States.ALL", "States.Timeout", true},
		{"States.ALL", "States.Runtime", false},
		{"States.ALL", "States.DataLimitExceeded", true},
		{"States.TaskFailed", "Lambda.Unknown", true},
		{"States.TaskFailed", "States.Timeout", false},
		{"States.TaskFailed", "States.Runtime", false},
		{"States.Runtime", "States.Runtime", false},
		{"States.DataLimitExceeded", "States.DataLimitExceeded", true},
	} {
		if got := (Matching{}).Match([]string{test.errorEquals}, test.name); got != test.want {
			t.Errorf("%s matches %s: got %v, want %v", test.errorEquals, test.name, got, test.want)
		}
		want := test.want && (test.errorEquals != "States.ALL" || test.name != "States.DataLimitExceeded")
		if got := (Matching{DataLimitIsFinal: true}).Match([]string{test.errorEquals}, test.name); got != want {
			t.Errorf("as documented, %s matches %s: got %v, want %v", test.errorEquals, test.name, got, want)
		}
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	const text = `{"big":12345678901234567890,"exact":1.10,"html":"<&>","list":[]}`
	v, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := Text(v); got != text {
		t.Errorf("got %s, want %s", got, text)
	}
}

// TestPutThenGet checks that Get finds the value that Put wrote, and that Put does not change its input.
func TestPutThenGet(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "a b", "ä"})
	value := rapid.Custom(func(t *rapid.T) any {
		object := map[string]any{}
		for _, name := range rapid.SliceOfN(names, 0, 3).Draw(t, "names") {
			object[name] = rapid.SampledFrom([]any{"x", nil, map[string]any{"a": true}, []any{"y"}}).Draw(t, "value")
		}
		return object
	})
	rapid.Check(t, func(t *rapid.T) {
		text := "$"
		for _, name := range rapid.SliceOfN(names, 0, 4).Draw(t, "path") {
			text += "['" + name + "']"
		}
		p, err := ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		input, put := value.Draw(t, "input"), value.Draw(t, "put")
		before := Text(input)
		output, err := p.Put(input, put)
		if after := Text(input); after != before {
			t.Fatalf("%s changed the input from %s to %s", p, before, after)
		}
		var failed *Error
		if errors.As(err, &failed) {
			if failed.Name != ErrResultPathMatch {
				t.Fatalf("Put: %v, want %s", err, ErrResultPathMatch)
			}
			return
		}
		got, ok := p.Get(output, nil)
		if !ok || Text(got) != Text(put) {
			t.Fatalf("%s of %s is %s, want %s", p, Text(output), Text(got), Text(put))
		}
	})
}

// FuzzParseMachine checks that no text makes the parser panic and that every error lists at least one problem.
func FuzzParseMachine(f *testing.F) {
	f.Add(machine(`{"Type": "Task", ` + function + `, "Retry": [{"ErrorEquals": ["A"]}], "Catch": [{"ErrorEquals": ["B"], "Next": "N"}], "End": true}`))
	f.Add(machine(`{"Type": "Choice", "Choices": [{"Not": {"Variable": "$.a", "StringEquals": "*"}, "Next": "N"}]}`))
	f.Add(machine(`{"Type": "Pass", "Parameters": {"a.$": "$.a[0]['b']"}, "Next": "N"}`))
	f.Fuzz(func(t *testing.T, definition string) {
		m, err := ParseMachine(definition)
		if err == nil && m.States[m.StartAt] == nil {
			t.Errorf("accepted a machine whose StartAt names no state")
		}
		var invalid *InvalidError
		if err != nil && (!errors.As(err, &invalid) || len(invalid.Problems) == 0) {
			t.Errorf("error without a problem: %v", err)
		}
	})
}
