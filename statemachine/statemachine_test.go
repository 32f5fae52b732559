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

// state is a state of the definition, as far as these tests care.
type state struct {
	Type, Resource, Next, Default string
	TimeoutSeconds                float64
	Retry                         []any
	Catch                         []struct{ ResultPath, Next string }
	Choices                       []struct{ Variable, StringEquals, Next string }
}

func states(t *testing.T) map[string]state {
	t.Helper()
	var definition struct{ States map[string]state }
	if err := json.Unmarshal([]byte(Migration), &definition); err != nil {
		t.Fatal(err)
	}
	return definition.States
}

// following are the states that a state can be followed by.
func (s state) following() (names []string) {
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

// reachable are all states that can be entered after a state.
func reachable(all map[string]state, from string) []string {
	found := map[string]bool{}
	var follow func(string)
	follow = func(name string) {
		for _, next := range all[name].following() {
			if !found[next] {
				found[next] = true
				follow(next)
			}
		}
	}
	follow(from)
	return slices.Sorted(maps.Keys(found))
}

// After Record no state works on tasks but Delete, whatever the run document says: an error can never start a load.
func TestNoWayBackFromRecord(t *testing.T) {
	want := []string{
		"Delete", "EndedInError", "Failed", "LeftBehind", "Outcome", "RecordUnjudged", "Succeeded", "WaitForDeletion",
	}
	if diff := cmp.Diff(want, reachable(states(t), "Record")); diff != "" {
		t.Errorf("states after Record (-want +got):\n%s", diff)
	}
}

// The error of a function leads to Record, and that of the end to the end: no other state can follow an error. That the check
// function does not answer is no error, but an answer.
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
		case name == "RecordUnjudged", name == "Delete":
			want = "$.endError Outcome"
		}
		if len(s.Catch) != 1 || s.Catch[0].ResultPath+" "+s.Catch[0].Next != want {
			t.Errorf("%s catches %+v, want all errors in %s", name, s.Catch, want)
		}
	}
}

// Full loads and jobs that follow changes are two branches, which share no state but Prepare and the end.
func TestBranchesAreApart(t *testing.T) {
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

// The functions retry alike: who changes the policy changes it everywhere.
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
			t.Errorf("%s has another retry policy than the other states that call a %s function", name, kind)
		}
	}
}

// A state waits longer than its function may run, so that the function's own time-out is seen first.
func TestStatesOutwaitTheirFunctions(t *testing.T) {
	for name, s := range states(t) {
		if s.Type != "Task" {
			continue
		}
		want := contract.StepTimeout + contract.InvocationMargin
		if strings.Contains(s.Resource, "CheckFunctionArn") {
			want = contract.CheckTimeout + contract.InvocationMargin
		}
		if s.TimeoutSeconds != want.Seconds() {
			t.Errorf("%s waits %v seconds, want %v", name, s.TimeoutSeconds, want.Seconds())
		}
	}
}

// Every phase that the machine branches on is one of the product, and every phase but those after which a run is recorded leads
// somewhere.
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
	recorded := []string{"finished", "failed"} // the defaults of Prepared, Loading and Following
	for _, phase := range known {
		if branched[phase] == slices.Contains(recorded, phase) {
			t.Errorf("phase %q: branched on %t, want the contrary", phase, branched[phase])
		}
	}
}

// phases are the values of the constants of type Phase in source files.
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
		t.Fatalf("found the phases %v only", values)
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
