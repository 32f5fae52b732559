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

// chain is a template with three kinds of reference: C needs B and A, and B needs A. D needs no resource.
const chain = `{
  "Resources": {
    "A": {"Type": "Test::Thing", "Properties": {"Size": 1}},
    "B": {"Type": "Test::Thing", "Properties": {"Of": {"Fn::GetAtt": ["A", "Arn"]}}},
    "C": {"Type": "Test::Thing", "Properties": {"Of": {"Fn::Sub": "<${B}>"}}, "DependsOn": "A"},
    "D": {"Type": "Test::Thing"}
  },
  "Outputs": {"Last": {"Value": {"Ref": "C"}, "Description": "the last one"}}
}`

func TestResourcesAreCreatedInOrderAndDeletedInReverse(t *testing.T) {
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
			t.Errorf("the create took %s, want 3m: D is created at the same time as the chain of three", got)
		}
		calls := w.takeCalls()
		inOrder(t, calls, "create A", "create B", "create C")
		if got, want := *st.Outputs[0].OutputValue, "C-"; !strings.HasPrefix(got, want) {
			t.Errorf("output %s, want %s...", got, want)
		}
		if st := c.destroy(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
			t.Fatalf("after the delete: %s", st.StackStatus)
		}
		calls = w.takeCalls()
		inOrder(t, calls, "delete C", "delete B", "delete A")
		if len(w.snapshot()) != 0 {
			t.Errorf("remaining resources: %v, want none", w.snapshot())
		}
		_, err := c.client.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{StackName: aws.String("house")})
		if err == nil || !strings.Contains(err.Error(), "ValidationError: Stack with id house does not exist") {
			t.Errorf("describe a deleted stack by its name: got %v, want that it does not exist", err)
		}
	})
}

// inOrder checks that calls has all wanted calls in this order.
func inOrder(t *testing.T, calls []string, wanted ...string) {
	t.Helper()
	at := -1
	for _, call := range wanted {
		i := slices.Index(calls, call)
		if i <= at {
			t.Errorf("%s is missing or not in order in %v", call, calls)
		}
		at = i
	}
}

func TestIndependentResourcesAreCreatedConcurrently(t *testing.T) {
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
			t.Errorf("%d calls at the same time, want %d", w.peak, walkLimit)
		}
		if got := time.Since(start).Truncate(time.Minute); got != 3*time.Minute {
			t.Errorf("the create took %s, want 3m", got)
		}
	})
}

func TestEventsOfAStack(t *testing.T) {
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
	if got, want := w.caller.ARN, "arn:aws:iam::123456789012:user/tester"; got != want {
		t.Errorf("resources were created by %q, want %q", got, want)
	}
}

func TestFailedCreateIsRolledBack(t *testing.T) {
	w := newWorld()
	w.breakCall("create C", "no room")
	c := newCloud(t, w)
	st := c.deploy("house", chain)
	if got, want := st.StackStatus, types.StackStatusRollbackComplete; got != want {
		t.Fatalf("status %s, want %s", got, want)
	}
	if left := w.snapshot(); len(left) != 0 {
		t.Errorf("remaining resources: %v, want none", left)
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
	// The review, the create and the rollback have different operation ids. The CDK CLI uses the ids to find the failure.
	if len(operations) != 3 {
		t.Errorf("%d operations, want 3", len(operations))
	}
	_, err = c.createChangeSet("house", chain, nil)
	if err == nil || !strings.Contains(err.Error(), "is in ROLLBACK_COMPLETE state and can not be updated") {
		t.Errorf("update after the rollback: got %v, want that the stack can not be updated", err)
	}
	if st := c.destroy(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Errorf("after the delete: %s", st.StackStatus)
	}
}

func TestRetention(t *testing.T) {
	const template = `{"Resources": {
	  "Data": {"Type": "Test::Thing", "DeletionPolicy": "Retain"},
	  "Tried": {"Type": "Test::Thing", "DeletionPolicy": "RetainExceptOnCreate"},
	  "Deleted": {"Type": "Test::Thing", "DependsOn": ["Data", "Tried"]}}}`
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
		w.breakCall("create Deleted", "no room")
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
	t.Run("a resource removed from the template", func(t *testing.T) {
		w := newWorld()
		c := newCloud(t, w)
		c.deploy("house", template)
		c.deploy("house", `{"Resources": {"Other": {"Type": "Test::Thing"}}}`)
		if diff := cmp.Diff(owners(w), []string{"Data", "Other", "Tried"}); diff != "" {
			t.Errorf("retained: got -, want +:\n%s", diff)
		}
	})
}

// owners lists the logical ids of the resources that exist.
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

func TestFailedDeleteCanBeRepeated(t *testing.T) {
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
	// B still exists and needs A, so A is not deleted.
	if diff := cmp.Diff(owners(w), []string{"A", "B"}); diff != "" {
		t.Errorf("remaining resources: got -, want +:\n%s", diff)
	}
	w.clearFailures()
	w.takeCalls()
	if st = c.destroy(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Fatalf("second delete: %s", st.StackStatus)
	}
	if diff := cmp.Diff(w.takeCalls(), []string{"delete B", "delete A"}); diff != "" {
		t.Errorf("calls: got -, want +:\n%s", diff)
	}
}

func TestRetainResourcesAfterAFailedDelete(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	st := c.deploy("house", chain)
	w.breakCall("delete B", "the bucket is not empty")
	c.destroy(*st.StackId)
	retain := &sdk.DeleteStackInput{StackName: st.StackId, RetainResources: []string{"B"}}
	if _, err := c.client.DeleteStack(t.Context(), retain); err != nil {
		t.Fatal(err)
	}
	if st := c.waitForEnd(*st.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Errorf("status %s", st.StackStatus)
	}
	if diff := cmp.Diff(owners(w), []string{"B"}); diff != "" {
		t.Errorf("remaining resources: got -, want +:\n%s", diff)
	}
}

func TestPanicFailsOneResource(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	w.exists = nil // writing to it panics
	st := c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing"}}}`)
	if got, want := st.StackStatus, types.StackStatusRollbackComplete; got != want {
		t.Errorf("status %s, want %s", got, want)
	}
}

func TestRollbackDeletesAPartlyCreatedResource(t *testing.T) {
	w := newWorld()
	w.partialCreate = true
	w.breakCall("create A", "it never became available")
	c := newCloud(t, w)
	c.deploy("house", `{"Resources": {"A": {"Type": "Test::Thing", "DeletionPolicy": "Retain"}}}`)
	if left := w.snapshot(); len(left) != 0 {
		t.Errorf("remaining resources: %v, want none", left)
	}
	if diff := cmp.Diff(w.takeCalls(), []string{"create A", "delete A"}); diff != "" {
		t.Errorf("calls: got -, want +:\n%s", diff)
	}
}
