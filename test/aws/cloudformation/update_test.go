package cloudformation

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

const before = `{"Resources": {
  "Same":     {"Type": "Test::Thing", "Properties": {"Size": 1}},
  "Changed":  {"Type": "Test::Thing", "Properties": {"Size": 1}},
  "Renamed":  {"Type": "Test::Thing", "Properties": {"Name": "old"}},
  "Follower": {"Type": "Test::Thing", "Properties": {"Of": {"Ref": "Renamed"}}},
  "Dropped":  {"Type": "Test::Thing", "Properties": {"Of": {"Ref": "Renamed"}}},
  "Noted":    {"Type": "Test::Thing", "Metadata": {"note": 1}}
}}`

const after = `{"Resources": {
  "Same":     {"Type": "Test::Thing", "Properties": {"Size": 1}, "DependsOn": "Added"},
  "Changed":  {"Type": "Test::Thing", "Properties": {"Size": 2}},
  "Renamed":  {"Type": "Test::Thing", "Properties": {"Name": "new"}},
  "Follower": {"Type": "Test::Thing", "Properties": {"Of": {"Ref": "Renamed"}}},
  "Added":    {"Type": "Test::Thing"},
  "Noted":    {"Type": "Test::Thing", "Metadata": {"note": 2}}
}}`

func TestChangeSetListsTheChanges(t *testing.T) {
	c := newCloud(t, newWorld())
	c.deploy("house", before)
	set, err := c.createChangeSet("house", after, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, change := range set.Changes {
		r := change.ResourceChange
		line := *r.LogicalResourceId + " " + string(r.Action)
		if r.Replacement != "" {
			line += " replacement " + string(r.Replacement)
		}
		for _, d := range r.Details {
			line += " [" + string(d.Target.Attribute) + " " + aws.ToString(d.Target.Name) + ": " +
				aws.ToString(d.Target.BeforeValue) + " -> " + aws.ToString(d.Target.AfterValue) + ", " +
				string(d.Target.RequiresRecreation) + ", " + string(d.Evaluation) + " " +
				string(d.ChangeSource) + " " + aws.ToString(d.CausingEntity) + "]"
		}
		got = append(got, line)
	}
	want := []string{
		"Added Add",
		"Changed Modify replacement False [Properties Size: 1 -> 2, Never, Static DirectModification ]",
		"Dropped Remove",
		"Follower Modify replacement False [Properties Of: RENAMED -> {{changeSet:KNOWN_AFTER_APPLY}}, " +
			"Never, Dynamic ResourceReference Renamed]",
		"Noted Modify replacement False [Metadata :  -> , Never, Static DirectModification ]",
		"Renamed Modify replacement True [Properties Name: old -> new, Always, Static DirectModification ]",
	}
	for i := range got {
		if _, id, ok := strings.Cut(got[i], "Of: "); ok {
			id, _, _ = strings.Cut(id, " ")
			got[i] = strings.Replace(got[i], id, "RENAMED", 1)
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestUpdateMatchesItsChangeSet(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	st := c.deploy("house", before)
	w.takeCalls()
	if got, want := c.deploy("house", after).StackStatus, types.StackStatusUpdateComplete; got != want {
		t.Fatalf("status %s, want %s", got, want)
	}
	calls := w.takeCalls()
	inOrder(t, calls, "create Renamed", "update Follower", "delete Dropped", "delete Renamed")
	slices.Sort(calls)
	want := []string{
		"create Added", "create Renamed", "delete Dropped", "delete Renamed", "update Changed", "update Follower",
	}
	if diff := cmp.Diff(calls, want); diff != "" {
		t.Errorf("calls: got -, want +:\n%s", diff)
	}
	found, err := c.client.DescribeStackResources(t.Context(), &sdk.DescribeStackResourcesInput{
		StackName: st.StackId, LogicalResourceId: aws.String("Renamed"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if properties := w.snapshot()[*found.StackResources[0].PhysicalResourceId]; properties != `{"Name":"new"}` {
		t.Errorf(`the resource Renamed of the stack has %s, want {"Name":"new"}`, properties)
	}
	c.destroy(*st.StackId)
	if left := w.snapshot(); len(left) != 0 {
		t.Errorf("remaining resources: %v, want none", left)
	}
}

func TestFailedUpdateIsRolledBack(t *testing.T) {
	for _, call := range []string{"create Added", "create Renamed", "update Changed", "update Follower"} {
		t.Run(call, func(t *testing.T) {
			w := newWorld()
			c := newCloud(t, w)
			c.deploy("house", before)
			was := w.snapshot()
			w.breakOnce(call, "no room")
			st := c.deploy("house", after)
			if got, want := st.StackStatus, types.StackStatusUpdateRollbackComplete; got != want {
				t.Fatalf("status %s (%s), want %s", got, aws.ToString(st.StackStatusReason), want)
			}
			if diff := cmp.Diff(w.snapshot(), was); diff != "" {
				t.Errorf("resources: after the rollback -, before the update +:\n%s", diff)
			}
			body, err := c.client.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: aws.String("house")})
			if err != nil {
				t.Fatal(err)
			}
			if *body.TemplateBody != before {
				t.Errorf("template after the rollback:\n%s\nwant the template from before", *body.TemplateBody)
			}
			if st := c.deploy("house", after); st.StackStatus != types.StackStatusUpdateComplete {
				t.Errorf("status after the second update: %s, want UPDATE_COMPLETE", st.StackStatus)
			}
		})
	}
}

func TestStackCanBeDeletedAfterAFailedRollback(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	c.deploy("house", before)
	w.breakCall("create Added", "no room")
	w.breakCall("update Changed", "broken")
	st := c.deploy("house", after)
	if got, want := st.StackStatus, types.StackStatusUpdateRollbackFailed; got != want {
		t.Fatalf("status %s, want %s", got, want)
	}
	w.clearFailures()
	if st := c.destroy(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Fatalf("after the delete: %s", st.StackStatus)
	}
	if left := w.snapshot(); len(left) != 0 {
		t.Errorf("remaining resources: %v, want none", left)
	}
}

func TestChangeSetWithoutChangesFails(t *testing.T) {
	const base = `{"Resources": {"A": {"Type": "Test::Thing"}}, "Outputs": {"O": {"Value": "1"}}}`
	for name, tt := range map[string]struct {
		template string
		tags     []types.Tag
		changed  bool
	}{
		"nothing":         {base, nil, false},
		"white space":     {"\n" + base, nil, false},
		"the description": {`{"Description": "x", ` + base[1:], nil, false},
		"an output":       {strings.Replace(base, `"1"`, `"2"`, 1), nil, true},
		"metadata":        {strings.Replace(base, `Thing"`, `Thing", "Metadata": {"a": 1}`, 1), nil, true},
		"a policy":        {strings.Replace(base, `Thing"`, `Thing", "DeletionPolicy": "Retain"`, 1), nil, true},
		"a tag":           {base, []types.Tag{{Key: aws.String("department"), Value: aws.String("sales")}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t, newWorld())
			c.deploy("house", base)
			set, err := c.createChangeSet("house", tt.template, func(in *sdk.CreateChangeSetInput) { in.Tags = tt.tags })
			if err != nil {
				t.Fatal(err)
			}
			if changed := set.Status == types.ChangeSetStatusCreateComplete; changed != tt.changed {
				t.Errorf("%s: %s", set.Status, aws.ToString(set.StatusReason))
			}
			if !tt.changed && !strings.HasPrefix(*set.StatusReason, "The submitted information didn't contain changes.") {
				t.Errorf("reason %q", *set.StatusReason)
			}
		})
	}
}

func TestMetadataChangeCallsNoResourceType(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	c.deploy("house", `{"Resources": {"A": {"Type": "Test::Fixed"}}}`)
	w.takeCalls()
	c.deploy("house", `{"Resources": {"A": {"Type": "Test::Fixed", "Metadata": {"note": 1}}}}`)
	if calls := w.takeCalls(); len(calls) != 0 {
		t.Errorf("calls: %v, want none", calls)
	}
}

func TestTagsReachEveryResource(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Fixed"}}}`)
	w.takeCalls()
	c.deployWith("house", `{"Resources": {"A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Fixed"}}}`,
		func(in *sdk.CreateChangeSetInput) {
			in.Tags = []types.Tag{{Key: aws.String("cost"), Value: aws.String("42")}}
		})
	if diff := cmp.Diff(w.takeCalls(), []string{"update A"}); diff != "" {
		t.Errorf("calls: got -, want +:\n%s", diff)
	}
	if got := w.tags["A"]["cost"]; got != "42" {
		t.Errorf("tag cost=%q, want 42", got)
	}
}

func TestRollbackRestoresTheTags(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	c.deploy("house", one)
	w.breakCall("create B", "no room")
	c.deployWith("house", `{"Resources": {"A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Thing", "DependsOn": "A"}}}`,
		func(in *sdk.CreateChangeSetInput) {
			in.Tags = []types.Tag{{Key: aws.String("cost"), Value: aws.String("42")}}
		})
	if diff := cmp.Diff(w.takeCalls(), []string{"create A", "update A", "create B", "update A"}); diff != "" {
		t.Errorf("calls: got -, want +:\n%s", diff)
	}
	if cost, ok := w.tags["A"]["cost"]; ok {
		t.Errorf("A has the tag cost=%s, want no tag after the rollback", cost)
	}
}

func TestReplacementWithTheSameIDIsRejected(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Name": "a"}}}}`)
	w.created = 0 // the next A gets the same physical id
	st := c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Name": "b"}}}}`)
	if got, want := st.StackStatus, types.StackStatusUpdateRollbackComplete; got != want {
		t.Fatalf("status %s, want %s", got, want)
	}
	if len(w.snapshot()) != 1 {
		t.Errorf("resources %v, want one", w.snapshot())
	}
}

func TestDirectCreateAndUpdate(t *testing.T) {
	c := newCloud(t, newWorld())
	create := &sdk.CreateStackInput{StackName: aws.String("house"), TemplateBody: aws.String(before)}
	out, err := c.client.CreateStack(t.Context(), create)
	if err != nil {
		t.Fatal(err)
	}
	if st := c.waitForEnd(*out.StackId); st.StackStatus != types.StackStatusCreateComplete {
		t.Fatalf("create: %s", st.StackStatus)
	}
	_, err = c.client.CreateStack(t.Context(), create)
	wantError(t, err, "AlreadyExistsException")
	in := &sdk.UpdateStackInput{StackName: aws.String("house"), TemplateBody: aws.String(before)}
	_, err = c.client.UpdateStack(t.Context(), in)
	wantError(t, err, "No updates are to be performed.")
	in.TemplateBody = aws.String(after)
	if _, err = c.client.UpdateStack(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if st := c.waitForEnd(*out.StackId); st.StackStatus != types.StackStatusUpdateComplete {
		t.Errorf("update: %s", st.StackStatus)
	}
}
