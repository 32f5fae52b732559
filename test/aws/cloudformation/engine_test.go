package cloudformation

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// chain is C -> B -> A by three kinds of reference, and D alone.
const chain = `{
  "Resources": {
    "A": {"Type": "Test::Thing", "Properties": {"Size": 1}},
    "B": {"Type": "Test::Thing", "Properties": {"Of": {"Fn::GetAtt": ["A", "Arn"]}}},
    "C": {"Type": "Test::Thing", "Properties": {"Of": {"Fn::Sub": "<${B}>"}}, "DependsOn": "A"},
    "D": {"Type": "Test::Thing"}
  },
  "Outputs": {"Last": {"Value": {"Ref": "C"}, "Description": "the last one"}}
}`

func TestResourcesAreMadeInOrderAndRemovedInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.takes = time.Minute
		c := newCloud(t, w)
		start := time.Now()
		st := c.deploy("house", chain)
		if got, want := st.StackStatus, types.StackStatusCreateComplete; got != want {
			t.Fatalf("status %s (%s), want %s", got, aws.ToString(st.StackStatusReason), want)
		}
		if got := time.Since(start).Truncate(time.Minute); got != 3*time.Minute {
			t.Errorf("a chain of three took %s: D was not made beside it", got)
		}
		calls := w.took()
		inOrder(t, calls, "create A", "create B", "create C")
		if got, want := *st.Outputs[0].OutputValue, "C-"; !strings.HasPrefix(got, want) {
			t.Errorf("output %s, want %s...", got, want)
		}
		if st := c.destroy(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
			t.Fatalf("after the delete: %s", st.StackStatus)
		}
		calls = w.took()
		inOrder(t, calls, "delete C", "delete B", "delete A")
		if len(w.snapshot()) != 0 {
			t.Errorf("left behind: %v", w.snapshot())
		}
		_, err := c.client.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{StackName: aws.String("house")})
		if err == nil || !strings.Contains(err.Error(), "ValidationError: Stack with id house does not exist") {
			t.Errorf("a deleted stack found by its name: %v", err)
		}
	})
}

// inOrder checks that calls has the wanted ones, each after the one before.
func inOrder(t *testing.T, calls []string, wanted ...string) {
	t.Helper()
	at := -1
	for _, call := range wanted {
		i := slices.Index(calls, call)
		if i <= at {
			t.Errorf("%s is missing or too early in %v", call, calls)
		}
		at = i
	}
}

func TestIndependentResourcesAreMadeSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.takes = time.Minute
		c := newCloud(t, w)
		all := map[string]any{}
		for i := range 40 {
			all["R"+string(rune('A'+i/26))+string(rune('A'+i%26))] = map[string]any{"Type": "Test::Thing"}
		}
		start := time.Now()
		c.deploy("many", resources(t, all))
		if w.peak != walkLimit {
			t.Errorf("%d at once, want %d", w.peak, walkLimit)
		}
		if got := time.Since(start).Truncate(time.Minute); got != 3*time.Minute {
			t.Errorf("took %s", got)
		}
	})
}

func TestEventsTellTheLifeOfAStack(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	st := c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Size": 1}}}}`)
	c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Size": 2}}}}`)
	c.destroy(*st.StackId)
	want := []string{
		"house REVIEW_IN_PROGRESS",
		"house CREATE_IN_PROGRESS", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "house CREATE_COMPLETE",
		"house UPDATE_IN_PROGRESS", "A UPDATE_IN_PROGRESS", "A UPDATE_COMPLETE",
		"house UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "house UPDATE_COMPLETE",
		"house DELETE_IN_PROGRESS", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "house DELETE_COMPLETE",
	}
	if diff := cmp.Diff(c.history(*st.StackId), want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if got, want := w.tags["A"], map[string]string{
		"aws:cloudformation:stack-name": "house", "aws:cloudformation:stack-id": *st.StackId,
		"aws:cloudformation:logical-id": "A",
	}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(got, want))
	}
	if got, want := w.asked.ARN, "arn:aws:iam::123456789012:user/tester"; got != want {
		t.Errorf("resources were made by %q, want %q", got, want)
	}
}

func TestAFailedCreateIsRolledBack(t *testing.T) {
	w := newWorld()
	w.breakCall("create C", "no room")
	c := newCloud(t, w)
	st := c.deploy("house", chain)
	if got, want := st.StackStatus, types.StackStatusRollbackComplete; got != want {
		t.Fatalf("status %s, want %s", got, want)
	}
	if left := w.snapshot(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	events, err := c.client.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: st.StackId})
	if err != nil {
		t.Fatal(err)
	}
	operations := map[string]bool{}
	reasons := map[string]string{}
	for _, e := range events.StackEvents {
		operations[*e.OperationId] = true
		reasons[*e.LogicalResourceId+" "+string(e.ResourceStatus)] = aws.ToString(e.ResourceStatusReason)
	}
	if got, want := reasons["C CREATE_FAILED"], "no room"; got != want {
		t.Errorf("reason of C %q, want %q", got, want)
	}
	want := "The following resource(s) failed to create: [C]. Rollback requested by user."
	if got := reasons["house ROLLBACK_IN_PROGRESS"]; got != want {
		t.Errorf("reason of the stack %q, want %q", got, want)
	}
	// The review, the creation and the rollback are operations of their own: the CLI looks for the failure by them.
	if len(operations) != 3 {
		t.Errorf("%d operations, want 3", len(operations))
	}
	_, err = c.propose("house", chain, nil)
	if err == nil || !strings.Contains(err.Error(), "is in ROLLBACK_COMPLETE state and can not be updated") {
		t.Errorf("a rolled back stack took an update: %v", err)
	}
	if st := c.destroy(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Errorf("after the delete: %s", st.StackStatus)
	}
}

func TestRetention(t *testing.T) {
	const template = `{"Resources": {
	  "Data": {"Type": "Test::Thing", "DeletionPolicy": "Retain"},
	  "Tried": {"Type": "Test::Thing", "DeletionPolicy": "RetainExceptOnCreate"},
	  "Gone": {"Type": "Test::Thing", "DependsOn": ["Data", "Tried"]}}}`
	t.Run("delete", func(t *testing.T) {
		w := newWorld()
		c := newCloud(t, w)
		st := c.deploy("house", template)
		c.destroy(*st.StackId)
		if diff := cmp.Diff(owners(w), []string{"Data", "Tried"}); diff != "" {
			t.Errorf("retained: got -, want +:\n%s", diff)
		}
		if history := c.history(*st.StackId); !slices.Contains(history, "Data DELETE_SKIPPED") {
			t.Errorf("no DELETE_SKIPPED in %v", history)
		}
	})
	t.Run("rollback of a create", func(t *testing.T) {
		w := newWorld()
		w.breakCall("create Gone", "no room")
		c := newCloud(t, w)
		c.deploy("house", template)
		if diff := cmp.Diff(owners(w), []string{"Data"}); diff != "" {
			t.Errorf("retained: got -, want +:\n%s", diff)
		}
	})
	t.Run("replacement", func(t *testing.T) {
		w := newWorld()
		c := newCloud(t, w)
		for size := range 2 {
			c.deploy("house", resources(t, map[string]any{"Data": map[string]any{
				"Type": "Test::Fixed", "Properties": map[string]any{"Size": size}, "UpdateReplacePolicy": "Retain",
			}}))
		}
		if diff := cmp.Diff(owners(w), []string{"Data", "Data"}); diff != "" {
			t.Errorf("retained: got -, want +:\n%s", diff)
		}
	})
	t.Run("a resource taken out of the template", func(t *testing.T) {
		w := newWorld()
		c := newCloud(t, w)
		c.deploy("house", template)
		c.deploy("house", `{"Resources": {"Other": {"Type": "Test::Thing"}}}`)
		if diff := cmp.Diff(owners(w), []string{"Data", "Other", "Tried"}); diff != "" {
			t.Errorf("retained: got -, want +:\n%s", diff)
		}
	})
}

// owners lists the logical ids of what exists.
func owners(w *world) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for id := range w.exists {
		all = append(all, w.owner[id])
	}
	slices.Sort(all)
	return all
}

func TestADeleteThatFailsCanBeTriedAgain(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	st := c.deploy("house", chain)
	w.breakCall("delete B", "the bucket is not empty")
	st = c.destroy(*st.StackId)
	if got, want := st.StackStatus, types.StackStatusDeleteFailed; got != want {
		t.Fatalf("status %s, want %s", got, want)
	}
	if got, want := aws.ToString(st.StackStatusReason), "The following resource(s) failed to delete: [B]. "; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	// A is needed by B, which still stands; C and D do not need it.
	if diff := cmp.Diff(owners(w), []string{"A", "B"}); diff != "" {
		t.Errorf("left: got -, want +:\n%s", diff)
	}
	w.mend()
	w.took()
	if st = c.destroy(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Fatalf("second delete: %s", st.StackStatus)
	}
	if diff := cmp.Diff(w.took(), []string{"delete B", "delete A"}); diff != "" {
		t.Errorf("calls: got -, want +:\n%s", diff)
	}
}

func TestResourcesThatCannotBeDeletedCanBeRetained(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	st := c.deploy("house", chain)
	w.breakCall("delete B", "the bucket is not empty")
	c.destroy(*st.StackId)
	retain := &sdk.DeleteStackInput{StackName: st.StackId, RetainResources: []string{"B"}}
	if _, err := c.client.DeleteStack(t.Context(), retain); err != nil {
		t.Fatal(err)
	}
	if st := c.settle(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Errorf("status %s", st.StackStatus)
	}
	if diff := cmp.Diff(owners(w), []string{"B"}); diff != "" {
		t.Errorf("left: got -, want +:\n%s", diff)
	}
}

func TestAPanicFailsOneResource(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	w.exists = nil // writing to it panics
	st := c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing"}}}`)
	if got, want := st.StackStatus, types.StackStatusRollbackComplete; got != want {
		t.Errorf("status %s, want %s", got, want)
	}
}

func TestWhatAFailedCreateLeftIsRemoved(t *testing.T) {
	w := newWorld()
	w.half = true
	w.breakCall("create A", "it never became available")
	c := newCloud(t, w)
	c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing", "DeletionPolicy": "Retain"}}}`)
	if left := w.snapshot(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if diff := cmp.Diff(w.took(), []string{"create A", "delete A"}); diff != "" {
		t.Errorf("calls: got -, want +:\n%s", diff)
	}
}
