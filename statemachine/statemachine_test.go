package statemachine

import (
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
)

// state has those fields of a state that these tests compare.
type state struct {
	Type, Resource, Next, Default string
	TimeoutSeconds                float64
	Retry                         []any
	Catch                         []struct{ ResultPath, Next string }
	Choices                       []rule
}

// rule is a rule of a Choice. And are the conditions that all must hold, instead of Variable.
type rule struct {
	Variable, StringEquals, Next string
	And                          []rule
}

func states(t *testing.T) map[string]state {
	t.Helper()
	var definition struct{ States map[string]state }
	if err := json.Unmarshal([]byte(Migration), &definition); err != nil {
		t.Fatal(err)
	}
	return definition.States
}

// successors returns the states that may come directly after a state.
func (s state) successors() (names []string) {
	for _, name := range []string{s.Next, s.Default} {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, c := range s.Catch {
		names = append(names, c.Next)
	}
	for _, c := range s.Choices {
		names = append(names, c.Next)
	}
	return names
}

// reachable returns all states that may come after a state.
func reachable(all map[string]state, from string) []string {
	found := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		for _, next := range all[name].successors() {
			if !found[next] {
				found[next] = true
				visit(next)
			}
		}
	}
	visit(from)
	return slices.Sorted(maps.Keys(found))
}

// After Record only Delete changes tasks, whatever the run document says: an error can never start a load. Publish changes what readers
// see, and no task.
func TestNoWayBackFromRecord(t *testing.T) {
	want := []string{
		"Delete", "EndedInError", "Failed", "LeftBehind", "NotAlerted", "Outcome", "Publish", "RecordUnjudged", "RecordUnpublished",
		"Recorded", "Succeeded", "WaitForDeletion",
	}
	if diff := cmp.Diff(want, reachable(states(t), "Record")); diff != "" {
		t.Errorf("states after Record (-want +got):\n%s", diff)
	}
}

// After an error of a function comes Record, and after one of Publish RecordUnpublished. After an error of RecordUnjudged,
// RecordUnpublished or Delete comes Outcome. An error of the check
// function is its result, and the next state gets it.
func TestErrorsLeadToRecord(t *testing.T) {
	for name, s := range states(t) {
		if s.Type != "Task" {
			continue
		}
		want := "$.error Record"
		switch {
		case strings.Contains(s.Resource, "CheckFunctionArn"):
			want = "$.checkResult " + s.Next
		case name == "Record":
			want = "$.error RecordUnjudged"
		case name == "Publish":
			want = "$.publishError RecordUnpublished"
		case name == "RecordUnjudged", name == "RecordUnpublished", name == "Delete":
			want = "$.endError Outcome"
		case name == "Orphans":
			want = "$.error Failed" // It belongs to no job, so it has no record.
		}
		if len(s.Catch) != 1 || s.Catch[0].ResultPath+" "+s.Catch[0].Next != want {
			t.Errorf("%s catches %+v, want one Catch with %s", name, s.Catch, want)
		}
	}
}

// Full loads and jobs that follow changes are two branches. They share only the states before and after both.
func TestBranchesShareNoState(t *testing.T) {
	all := states(t)
	end := append(reachable(all, "Record"), "Record")
	load := slices.DeleteFunc(reachable(all, "Create"), func(name string) bool { return slices.Contains(end, name) })
	follow := slices.DeleteFunc(reachable(all, "Reconcile"), func(name string) bool { return slices.Contains(end, name) })
	for _, name := range load {
		if slices.Contains(follow, name) {
			t.Errorf("%s is in both branches", name)
		}
	}
	if !slices.Contains(load, "Poll") || !slices.Contains(follow, "Reconcile") {
		t.Errorf("full load: %v; job that follows changes: %v", load, follow)
	}
}

// All states of one kind of function have the same retry policy: a change of the policy must change all of them.
func TestOneRetryPolicy(t *testing.T) {
	policies := map[string][]any{} // by "step" or "check"
	for name, s := range states(t) {
		if s.Type != "Task" {
			continue
		}
		kind := "step"
		if strings.Contains(s.Resource, "CheckFunctionArn") {
			kind = "check"
		}
		if policies[kind] == nil {
			policies[kind] = s.Retry
		}
		if len(s.Retry) == 0 || !reflect.DeepEqual(s.Retry, policies[kind]) {
			t.Errorf("the retry policy of %s differs from that of the other states with a %s function", name, kind)
		}
	}
}

// The time-out of a state is longer than that of its function, so that the state gets the function's own error.
func TestStateTimeoutsExceedFunctionTimeouts(t *testing.T) {
	for name, s := range states(t) {
		if s.Type != "Task" {
			continue
		}
		want := contract.StepTimeout + contract.InvocationMargin
		if strings.Contains(s.Resource, "CheckFunctionArn") {
			want = contract.CheckTimeout + contract.InvocationMargin
		}
		if s.TimeoutSeconds != want.Seconds() {
			t.Errorf("the time-out of %s is %v seconds, want %v", name, s.TimeoutSeconds, want.Seconds())
		}
	}
}

// The state machine branches only on phases that the functions set. It branches on every phase, except on those after which
// Record comes by default.
func TestPhases(t *testing.T) {
	known := phases(t, "../internal/dms/phase.go", "../internal/run/phase.go")
	branched := map[string]bool{}
	for name, s := range states(t) {
		for _, c := range s.Choices {
			if c.Variable != "$.phase" {
				continue
			}
			branched[c.StringEquals] = true
			if !slices.Contains(known, c.StringEquals) {
				t.Errorf("%s branches on the phase %q, which no function sets", name, c.StringEquals)
			}
		}
	}
	recorded := []string{"finished", "failed"} // Prepared, Loading and Following have Record as their default.
	for _, phase := range known {
		if branched[phase] == slices.Contains(recorded, phase) {
			t.Errorf("phase %q: a Choice branches on it: %t, want %t", phase, branched[phase], !branched[phase])
		}
	}
}

// phases returns the values of the constants of type Phase in source files.
func phases(t *testing.T, files ...string) (values []string) {
	t.Helper()
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(path), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasSuffix(typeName(spec.Type), "Phase") {
				return true
			}
			for _, value := range spec.Values {
				literal := value.(*ast.BasicLit)
				values = append(values, constant.StringVal(constant.MakeFromLiteral(literal.Value, literal.Kind, 0)))
			}
			return true
		})
	}
	if len(values) < 10 {
		t.Fatalf("found only the phases %v, want at least 10", values)
	}
	return values
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	default:
		return ""
	}
}
