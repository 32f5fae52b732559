package cost

import (
	"encoding/json"
	"time"

	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/statemachine"
)

// sum is how long the run of a full load works with the replication instance.
func (k Known) sum() time.Duration { return k.Creating + k.Loading + k.Deleting }

// visits is how often a run enters each state. Each is a state transition, which Step Functions charges for.
type visits map[string]int

// enter adds a visit of each state, so many times.
func (v visits) enter(times int, states ...string) {
	for _, state := range states {
		v[state] += times
	}
}

func (v visits) sum() (n int) {
	for _, times := range v {
		n += times
	}
	return n
}

// fullLoad returns the visits of a successful full load. checked says whether the database is checked first, counted whether rows are
// counted at the source. The run knows how long the last runs took, as all do but the first.
func fullLoad(k Known, checked, counted bool) visits {
	v := visits{}
	creation, load, deletion := run.KnownLooks(k.Creating, k.Loading, k.Deleting)
	v.enter(1, "Begin", "Begun", "Prepare", "Prepared")
	if checked {
		v.enter(1, "CheckDatabase")
	}
	v.enter(1, "Create", "Loading")
	v.enter(creation, "WaitForLoad", "Poll", "Loading")
	if counted {
		v.enter(1, "TakeSCN")
	}
	v.enter(1, "Start", "Loading")
	v.enter(load, "WaitForLoad", "Poll", "Loading")
	if counted {
		v.enter(1, "Verify", "Loading", "CountRows")
	}
	v.enter(1, "Record", "Recorded", "Publish", "Delete", "Outcome")
	v.enter(deletion, "WaitForDeletion", "Delete", "Outcome")
	v.enter(1, "Succeeded")
	return v
}

// following returns the visits of a run of a job that follows changes and finds its task as it should be.
func following(checked bool) visits {
	v := visits{}
	v.enter(1, "Begin", "Begun", "Prepare", "Prepared", "Reconcile", "Following")
	if checked {
		v.enter(1, "CheckChanges", "Reconcile", "Following")
	}
	v.enter(1, "Record", "Recorded", "Delete", "Outcome", "Succeeded")
	return v
}

// search returns the visits of a search for orphans that finds none.
func search() visits {
	v := visits{}
	v.enter(1, "Begin", "Begun", "Orphans", "Succeeded")
	return v
}

// state is a state of the definition, as far as a call goes.
type state struct{ Type, Resource string }

// states are those of the state machine.
var states = mustReadStates()

func mustReadStates() map[string]state {
	var definition struct{ States map[string]state }
	if err := json.Unmarshal([]byte(statemachine.Migration), &definition); err != nil {
		panic(err) // unreachable: the definition is a constant of the program
	}
	return definition.States
}

// checkFunction is the resource of the states that call the check function.
const checkFunction = "${CheckFunctionArn}"

// calls returns how often a run calls the check function, and how often the others.
func (v visits) calls() (check, others int) {
	for name, times := range v {
		switch one := states[name]; {
		case one.Type != "Task":
		case one.Resource == checkFunction:
			check += times
		default:
			others += times
		}
	}
	return check, others
}
