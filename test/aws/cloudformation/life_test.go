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

// startCreate starts to create a stack and does not wait.
func (c *cloud) startCreate(name, template string) (id string) {
	c.t.Helper()
	out, err := c.client.CreateStack(c.t.Context(), &sdk.CreateStackInput{StackName: &name, TemplateBody: &template})
	if err != nil {
		c.t.Fatal(err)
	}
	return *out.StackId
}

// eventReasons returns the reasons of the events of a stack, by "LogicalID STATUS".
func (c *cloud) eventReasons(id string) map[string]string {
	c.t.Helper()
	out, err := c.client.DescribeStackEvents(c.t.Context(), &sdk.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		c.t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range out.StackEvents {
		all[*e.LogicalResourceId+" "+string(e.ResourceStatus)] = aws.ToString(e.ResourceStatusReason)
	}
	return all
}

func TestStackCanBeDeletedDuringCreate(t *testing.T) {
	for name, c := range map[string]struct {
		cancellable bool
		took        time.Duration
		want        []string
	}{
		"the create of B is cancelled": {true, time.Minute, []string{
			"house CREATE_IN_PROGRESS", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE",
			"B CREATE_IN_PROGRESS", "house DELETE_IN_PROGRESS", "B CREATE_FAILED",
			"B DELETE_IN_PROGRESS", "B DELETE_COMPLETE", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "house DELETE_COMPLETE",
		}},
		"the create of B ends first": {false, 150 * time.Second, []string{
			"house CREATE_IN_PROGRESS", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE",
			"B CREATE_IN_PROGRESS", "house DELETE_IN_PROGRESS", "B CREATE_COMPLETE",
			"B DELETE_IN_PROGRESS", "B DELETE_COMPLETE", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "house DELETE_COMPLETE",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.takes, w.cancellable = time.Minute, c.cancellable
				cl := newCloud(t, w)
				id := cl.startCreate("house", `{"Resources": {
					"A": {"Type": "Test::Thing"},
					"B": {"Type": "Test::Thing", "DependsOn": "A"},
					"C": {"Type": "Test::Thing", "DependsOn": "B"}}}`)
				time.Sleep(90 * time.Second)
				start := time.Now()
				if st := cl.destroy(id); st.StackStatus != types.StackStatusDeleteComplete {
					t.Fatalf("status %s (%s)", st.StackStatus, aws.ToString(st.StackStatusReason))
				}
				if took := time.Since(start).Truncate(10 * time.Second); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if diff := cmp.Diff(cl.history(id), c.want); diff != "" {
					t.Errorf("got -, want +:\n%s", diff)
				}
				if reason, failed := cl.eventReasons(id)["B CREATE_FAILED"]; failed && reason != "Resource creation cancelled" {
					t.Errorf("reason of B: %q, want Resource creation cancelled", reason)
				}
				if left := w.snapshot(); len(left) != 0 {
					t.Errorf("remaining resources: %v, want none", left)
				}
			})
		})
	}
}

func TestCancelledCustomCreateIsDeleted(t *testing.T) {
	for _, hang := range []bool{false, true} {
		testCancelledCustomCreate(t, hang)
	}
}

func testCancelledCustomCreate(t *testing.T, hang bool) {
	t.Helper()
	inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
		c.functions.hang = hang
		c.functions.respond = func(e customEvent, response map[string]any) map[string]any {
			if e.RequestType == "Create" {
				return nil
			}
			return response
		}
		id := c.startCreate("house", customTemplate("x", ""))
		time.Sleep(time.Minute)
		start := time.Now()
		wantStatus(t, c.destroy(id), types.StackStatusDeleteComplete)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("the delete took %s, want at most 1m", took)
		}
		events := c.functions.takeEvents()
		if len(events) != 2 || !strings.HasPrefix(events[0], "Create A") || !strings.HasPrefix(events[1], "Delete A house-A-") {
			t.Errorf("the function received %q, want Create A, then Delete A", events)
		}
	})
}

func TestFailedResourceCancelsTheOtherCreates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.takes, w.cancellable = time.Hour, true
		w.breakCall("create B", "no room")
		cl := newCloud(t, w)
		start := time.Now()
		id := cl.startCreate("house", `{"Resources": {"A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Thing"}}}`)
		if st := cl.waitForEnd(id); st.StackStatus != types.StackStatusRollbackComplete {
			t.Fatalf("status %s", st.StackStatus)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("the rollback took %s, want at most 1m, without waiting for the create of A", took)
		}
		reasons := cl.eventReasons(id)
		if got, want := reasons["A CREATE_FAILED"], "Resource creation cancelled"; got != want {
			t.Errorf("reason of A: %q, want %q", got, want)
		}
		if got, want := reasons["B CREATE_FAILED"], "no room"; got != want {
			t.Errorf("reason of B: %q, want %q", got, want)
		}
	})
}

func TestNothingChangesAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.takes, w.cancellable = time.Hour, true
		cl := newCloud(t, w)
		one := cl.startCreate("one", chain)
		two := cl.startCreate("two", chain)
		time.Sleep(90 * time.Minute) // now A and D exist, and the create of B runs
		if _, err := cl.client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: &two}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		if err := cl.service.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("Close took %s, want no time", took)
		}
		if st := cl.status(one); st.StackStatus != types.StackStatusCreateFailed {
			t.Errorf("the stack being created: %s", st.StackStatus)
		}
		if st := cl.status(two); st.StackStatus != types.StackStatusDeleteFailed {
			t.Errorf("the stack being deleted: %s", st.StackStatus)
		}
		if got, want := cl.eventReasons(one)["B CREATE_FAILED"], errClosing.Error(); got != want {
			t.Errorf("reason of B: %q, want %q", got, want)
		}
		history, calls := append(cl.history(one), cl.history(two)...), len(w.takeCalls())
		template := chain
		for _, err := range []error{
			func() error {
				_, err := cl.client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: &one})
				return err
			}(),
			func() error {
				_, err := cl.client.CreateStack(t.Context(), &sdk.CreateStackInput{
					StackName: aws.String("three"), TemplateBody: &template,
				})
				return err
			}(),
		} {
			if err == nil || !strings.Contains(err.Error(), "stacks can no longer change") {
				t.Errorf("request after Close: got %v, want that stacks can no longer change", err)
			}
		}
		time.Sleep(3 * time.Hour)
		if after := append(cl.history(one), cl.history(two)...); !slices.Equal(after, history) {
			t.Errorf("events after Close (-got +want):\n%s", cmp.Diff(after, history))
		}
		if late := w.takeCalls(); calls == 0 || len(late) != 0 {
			t.Errorf("calls after Close: %v, want none; calls before: %d, want some", late, calls)
		}
	})
}

func TestCloseWaitsForCallsThatIgnoreTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.takes = time.Hour
		cl := newCloud(t, w)
		cl.startCreate("house", chain)
		time.Sleep(30 * time.Minute) // now the creates of A and D run
		start := time.Now()
		if err := cl.service.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 30*time.Minute {
			t.Errorf("Close took %s, want 30m, the rest of the hour", took)
		}
		if calls := w.takeCalls(); len(calls) != 2 {
			t.Errorf("calls: %v, want only the creates of A and D", calls)
		}
	})
}
