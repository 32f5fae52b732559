// Package statemachine holds the definition of the workflow in Amazon States Language.
package statemachine

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
)

// Migration is one run of one job. Its placeholders ${CreateFunctionArn}, ${StartFunctionArn}, ${PollFunctionArn},
// ${RecordFunctionArn} and ${DeleteFunctionArn} are definition substitutions.
//
//go:embed migration.asl.json
var Migration string

//go:embed check.json
var check []byte

// Checked is Migration in a department whose runs ask the source database, by the function ${CheckFunctionArn}: what
// check.json says is put in.
func Checked() string {
	var m definition
	var extra struct {
		States      map[string]json.RawMessage
		Phase       json.RawMessage // the first of the rules of the state Phase
		AfterRecord string          // the state that follows Record
	}
	must(json.Unmarshal([]byte(Migration), &m))
	must(json.Unmarshal(check, &extra))
	maps.Copy(m.States, extra.States)
	m.change("Phase", func(state map[string]json.RawMessage) {
		var rules []json.RawMessage
		must(json.Unmarshal(state["Choices"], &rules))
		state["Choices"] = encoded(append([]json.RawMessage{extra.Phase}, rules...))
	})
	m.change("Record", func(state map[string]json.RawMessage) { state["Next"] = encoded(extra.AfterRecord) })
	text, err := json.MarshalIndent(m, "", "  ")
	must(err)
	return string(text) + "\n"
}

type definition struct {
	Comment string
	StartAt string
	States  map[string]json.RawMessage
}

func (d definition) change(name string, change func(map[string]json.RawMessage)) {
	var state map[string]json.RawMessage
	must(json.Unmarshal(d.States[name], &state))
	change(state)
	d.States[name] = encoded(state)
}

func encoded(v any) json.RawMessage {
	text, err := json.Marshal(v)
	must(err)
	return text
}

// must stops a program whose embedded files do not fit together, which any test that synthesizes notices.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("statemachine: migration.asl.json and check.json do not fit together: %v", err))
	}
}
