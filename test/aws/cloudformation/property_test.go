package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawTemplate draws random resources. A resource refers only to earlier resources, so there are no cycles. Some ids can
// be missing.
func drawTemplate(t *rapid.T, label string) (map[string]any, graph) {
	all, needs := map[string]any{}, graph{}
	for i := range rapid.IntRange(1, 8).Draw(t, label+" resources") {
		id := fmt.Sprintf("R%d", i)
		if i > 0 && rapid.IntRange(0, 4).Draw(t, label+id+" left out") == 0 {
			continue
		}
		properties := map[string]any{"Size": rapid.IntRange(0, 1).Draw(t, label+id+" size")}
		if rapid.Bool().Draw(t, label+id+" named") {
			properties["Name"] = rapid.SampledFrom([]string{"x", "y"}).Draw(t, label+id+" name")
		}
		needs[id] = nil
		for _, earlier := range slices.Sorted(maps.Keys(all)) {
			if rapid.IntRange(0, 2).Draw(t, label+id+" needs "+earlier) == 0 {
				reference := rapid.SampledFrom([]any{
					map[string]any{"Ref": earlier},
					map[string]any{"Fn::GetAtt": []any{earlier, "Size"}},
					map[string]any{"Fn::Sub": "on ${" + earlier + ".Arn}"},
				}).Draw(t, label+id+" to "+earlier)
				properties["Of"+earlier] = reference
				needs[id] = append(needs[id], earlier)
			}
		}
		// The id decides the type, because an update must not change the type of a resource.
		kind := "Test::Thing"
		if i%3 == 2 {
			kind = "Test::Fixed"
		}
		declared := map[string]any{"Type": kind, "Properties": properties}
		if rapid.IntRange(0, 4).Draw(t, label+id+" retained") == 0 {
			declared["DeletionPolicy"] = "Retain"
			declared["UpdateReplacePolicy"] = "Delete"
		}
		all[id] = declared
	}
	return all, needs
}

func retainedIDs(all map[string]any) map[string]bool {
	ids := map[string]bool{}
	for id, declared := range all {
		ids[id] = declared.(map[string]any)["DeletionPolicy"] == "Retain"
	}
	return ids
}

// checkOrder checks that every create and update of a resource comes after the calls for the resources that it needs,
// and every delete before.
func checkOrder(t *rapid.T, calls []string, call string, needs graph) {
	for id, needed := range needs {
		for _, n := range needed {
			i, j := slices.Index(calls, call+" "+id), slices.Index(calls, call+" "+n)
			if i < 0 || j < 0 {
				continue
			}
			if call == "delete" && i > j || call != "delete" && i < j {
				t.Fatalf("%s needs %s, but the calls were %v", id, n, calls)
			}
		}
	}
}

func TestAnyTemplateIsCreatedAndDeletedInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld()
		c := newCloud(t, w)
		all, needs := drawTemplate(r, "")
		st := c.deploy("house", resources(t, all))
		if st.StackStatus != types.StackStatusCreateComplete {
			r.Fatalf("create: %s", st.StackStatus)
		}
		calls := w.takeCalls()
		if len(calls) != len(all) {
			r.Fatalf("%d resources, calls %v", len(all), calls)
		}
		checkOrder(r, calls, "create", needs)
		c.destroy(*st.StackId)
		checkOrder(r, w.takeCalls(), "delete", needs)
		retained := retainedIDs(all)
		for _, id := range owners(w) {
			if !retained[id] {
				r.Fatalf("%s exists after the delete, want it deleted", id)
			}
		}
	})
}

func TestAnyFailedUpdateRestoresTheResources(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld()
		c := newCloud(t, w)
		old, _ := drawTemplate(r, "old ")
		st := c.deploy("house", resources(t, old))
		was := w.snapshot()
		wanted, needs := drawTemplate(r, "new ")
		// A retained new resource remains after a rollback. The test removes the policies, so that it can compare the
		// resources before and after.
		for _, declared := range wanted {
			delete(declared.(map[string]any), "DeletionPolicy")
		}
		wanted["Bad"] = map[string]any{"Type": "Test::Thing", "DependsOn": slices.Sorted(maps.Keys(wanted))}
		w.breakCall("create Bad", "no room")
		w.takeCalls()
		st = c.deploy(*st.StackName, resources(t, wanted))
		if got, want := st.StackStatus, types.StackStatusUpdateRollbackComplete; got != want {
			r.Fatalf("status %s, want %s", got, want)
		}
		checkOrder(r, w.takeCalls(), "create", needs)
		if diff := cmp.Diff(w.snapshot(), was); diff != "" {
			r.Fatalf("got -, before +:\n%s", diff)
		}
		w.clearFailures()
		delete(wanted, "Bad")
		set, err := c.createChangeSet("house", resources(t, wanted), nil)
		if err != nil {
			r.Fatal(err)
		}
		if set.Status == types.ChangeSetStatusFailed {
			return // both templates are equal
		}
		if st = c.deploy("house", resources(t, wanted)); st.StackStatus != types.StackStatusUpdateComplete {
			r.Fatalf("the update without the bad resource: %s", st.StackStatus)
		}
		checkMatches(r, c, w, wanted)
	})
}

// checkMatches checks that the stack has exactly the resources of the template, with the names and sizes of the template.
func checkMatches(t *rapid.T, c *cloud, w *world, wanted map[string]any) {
	exists := w.snapshot()
	found := map[string]string{}
	for _, id := range c.physicalIDs("house") {
		found[w.owner[id]] = exists[id]
	}
	if got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(wanted)); !slices.Equal(got, want) {
		t.Fatalf("resources %v, want %v", got, want)
	}
	for id, raw := range found {
		got, err := fromJSON([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		want := wanted[id].(map[string]any)["Properties"].(map[string]any)
		for _, name := range []string{"Size", "Name"} {
			if fmt.Sprint(got[name]) != fmt.Sprint(want[name]) {
				t.Fatalf("%s of %s is %v, want %v", name, id, got[name], want[name])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%s has %v, want %v", id, got, want)
		}
	}
}
