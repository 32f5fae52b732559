package cost_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/statemachine"
)

// successors are the states that may follow each state, by the definition.
func successors(t *testing.T) (start string, all map[string][]string) {
	t.Helper()
	var definition struct {
		StartAt string
		States  map[string]struct {
			Next, Default string
			Choices       []struct{ Next string }
			Catch         []struct{ Next string }
		}
	}
	if err := json.Unmarshal([]byte(statemachine.Migration), &definition); err != nil {
		t.Fatal(err)
	}
	all = map[string][]string{}
	for name, s := range definition.States {
		all[name] = append(all[name], s.Next, s.Default)
		for _, c := range append(s.Choices, s.Catch...) {
			all[name] = append(all[name], c.Next)
		}
	}
	return definition.StartAt, all
}

// The states that a run is said to enter are a way through the definition: each is entered from one that is entered at least as often
// as it and its other successors need, from the start to an end.
func TestVisitsAreAWay(t *testing.T) {
	start, next := successors(t)
	long := cost.Known{Creating: 4 * time.Minute, Loading: time.Hour, Deleting: 4 * time.Minute}
	for name, visits := range map[string]map[string]int{
		"full load":           cost.FullLoad(long, false, false),
		"checked and counted": cost.FullLoad(long, true, true),
		"following":           cost.Following(false),
		"checked following":   cost.Following(true),
		"search":              cost.Search(),
	} {
		for state, times := range visits {
			if _, found := next[state]; !found {
				t.Errorf("%s: the definition has no state %s", name, state)
			}
			entered := 0
			for before, all := range next {
				if slices.Contains(all, state) {
					entered += visits[before]
				}
			}
			if state == start {
				entered++
			}
			if entered < times {
				t.Errorf("%s: %s is entered %d times, and the states before it %d times", name, state, times, entered)
			}
			left := 0
			for _, after := range next[state] {
				left += visits[after]
			}
			if state != "Succeeded" && left < times {
				t.Errorf("%s: %s is left %d times, and the states after it are entered %d times", name, state, times, left)
			}
		}
		if visits["Succeeded"] != 1 || visits[start] != 1 {
			t.Errorf("%s: it begins %d times and succeeds %d times", name, visits[start], visits["Succeeded"])
		}
	}
}
