package operator

import (
	"encoding/json"
	"testing"

	"github.com/oralake/oralake/statemachine"
)

// Every state that calls a function has a text for people, and no text is of a state that does not exist.
func TestStateTexts(t *testing.T) {
	var machine struct {
		States map[string]struct{ Type string }
	}
	if err := json.Unmarshal([]byte(statemachine.Migration), &machine); err != nil {
		t.Fatal(err)
	}
	for name, state := range machine.States {
		if _, known := stateTexts[name]; state.Type == "Task" && !known {
			t.Errorf("state %s has no text", name)
		}
	}
	for name := range stateTexts {
		if _, exists := machine.States[name]; !exists {
			t.Errorf("there is no state %s", name)
		}
	}
}
