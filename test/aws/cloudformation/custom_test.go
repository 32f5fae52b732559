package cloudformation

import (
	"errors"
	"fmt"
	"maps"
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

// customTemplate is a template with a custom resource A that has the property Name, and a thing B that refers to A. more
// has more resources.
func customTemplate(name string, more string) string {
	return `{
  "Resources": {
    "A": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "` + functionARN + `", "Name": "` + name + `"}},
    "B": {"Type": "Test::Thing", "Properties": {"Of": {"Ref": "A"}, "Arn": {"Fn::GetAtt": ["A", "Arn"]}}}` + more + `
  },
  "Outputs": {"Port": {"Value": {"Fn::GetAtt": ["A", "Port"]}}}
}`
}

// inVirtualTime runs a test in virtual time with a new cloud.
func inVirtualTime(t *testing.T, test func(t *testing.T, c *cloud, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		test(t, newCloud(t, w), w)
	})
}

func wantStatus(t *testing.T, st types.Stack, want types.StackStatus) {
	t.Helper()
	if st.StackStatus != want {
		t.Fatalf("status %s (%s), want %s", st.StackStatus, aws.ToString(st.StackStatusReason), want)
	}
}

func wantEvents(t *testing.T, c *cloud, want ...string) {
	t.Helper()
	if diff := cmp.Diff(c.functions.takeEvents(), want); diff != "" {
		t.Errorf("events: got -, want +:\n%s", diff)
	}
}

// wantReason checks that an event of the stack has a reason with the given prefix and suffix.
func wantReason(t *testing.T, c *cloud, id, begin, end string) {
	t.Helper()
	all := c.reasons(id)
	if !slices.ContainsFunc(all, func(reason string) bool {
		return strings.HasPrefix(reason, begin) && strings.HasSuffix(reason, end)
	}) {
		t.Errorf("want a reason %q ... %q, got only\n%s", begin, end, strings.Join(all, "\n"))
	}
}

func TestCustomResourceIsCreatedAndDeleted(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, w *world) {
		st := c.deploy("house", customTemplate("one", ""))
		wantStatus(t, st, types.StackStatusCreateComplete)
		wantEvents(t, c, `Create A: {"Name":"one"}`)
		if got, want := w.snapshot()["B-1"], `{"Arn":"arn:A-one","Of":"A-one"}`; got != want {
			t.Errorf("B has %s, want %s", got, want)
		}
		if got, want := *st.Outputs[0].OutputValue, "1521"; got != want {
			t.Errorf("output %s, want %s", got, want)
		}
		f := c.functions
		if got, want := f.caller.ARN, "arn:aws:iam::123456789012:user/tester"; got != want || f.invoked[0] != functionARN {
			t.Errorf("%s was invoked by %q, want %s by %s", f.invoked[0], got, functionARN, want)
		}
		// The function receives no event for a change of another resource or of the tags.
		st = c.deployWith("house", customTemplate("one", `, "C": {"Type": "Test::Thing"}`),
			func(in *sdk.CreateChangeSetInput) {
				in.Tags = []types.Tag{{Key: aws.String("cost"), Value: aws.String("42")}}
			})
		wantStatus(t, st, types.StackStatusUpdateComplete)
		wantEvents(t, c)
		wantStatus(t, c.destroy(*st.StackId), types.StackStatusDeleteComplete)
		wantEvents(t, c, `Delete A A-one: {"Name":"one"}`)
		if len(f.open) != 0 {
			t.Errorf("open response URLs: %v, want none", f.open)
		}
	})
}

func TestFunctionReceivesPropertiesAsStrings(t *testing.T) {
	template := func(enabled, size string) string {
		return `{"Resources": {"A": {"Type": "AWS::CloudFormation::CustomResource", "Properties": {
			"ServiceToken": "` + functionARN + `", "ServiceTimeout": 60, "Enabled": ` + enabled + `, "Size": ` + size + `,
			"List": [1.50, {"Deep": false}], "Name": "x"}}}}`
	}
	inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
		c.deploy("house", template("true", "5"))
		e := c.functions.events[0]
		want := `{"Enabled":"true","List":["1.50",{"Deep":"false"}],"Name":"x","ServiceTimeout":"60","ServiceToken":"` +
			functionARN + `","Size":"5"}`
		if got := string(e.ResourceProperties); got != want {
			t.Errorf("properties\n%s, want\n%s", got, want)
		}
		if e.ResourceType != "AWS::CloudFormation::CustomResource" {
			t.Errorf("resource type %s, want AWS::CloudFormation::CustomResource", e.ResourceType)
		}
		set, err := c.createChangeSet("house", template(`"true"`, `"5"`), nil)
		if err != nil || set.Status != types.ChangeSetStatusFailed {
			t.Errorf("change set with the same properties as strings: %v, %v, want no changes", set, err)
		}
	})
}

func TestCustomUpdateKeepsThePhysicalID(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, w *world) {
		c.functions.respond = func(e customEvent, answer map[string]any) map[string]any {
			answer["PhysicalResourceId"] = "fixed"
			if e.RequestType == "Update" {
				answer["Data"] = map[string]any{"Arn": "arn:new", "Port": 1}
			}
			return answer
		}
		c.deploy("house", customTemplate("one", ""))
		c.functions.takeEvents()
		wantStatus(t, c.deploy("house", customTemplate("two", "")), types.StackStatusUpdateComplete)
		wantEvents(t, c, `Update A fixed: {"Name":"one"} -> {"Name":"two"}`)
		if got, want := w.snapshot()["B-1"], `{"Arn":"arn:new","Of":"fixed"}`; got != want {
			t.Errorf("B has %s, want %s", got, want)
		}
	})
}

func TestCustomUpdateWithAnotherIDIsAReplacement(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, w *world) {
		user := `, "C": {"Type": "Test::Thing", "Properties": {"Of": {"Ref": "A"}}}`
		st := c.deploy("house", customTemplate("one", user))
		c.functions.takeEvents()
		set, err := c.createChangeSet("house", customTemplate("two", user), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(set.Changes), 3; got != want {
			t.Errorf("%d changes, want %d: A, and B and C because the id of A can change", got, want)
		}
		wantStatus(t, c.deploy("house", customTemplate("two", user)), types.StackStatusUpdateComplete)
		wantEvents(t, c, `Update A A-one: {"Name":"one"} -> {"Name":"two"}`, `Delete A A-one: {"Name":"one"}`)
		have := slices.Sorted(maps.Values(w.snapshot()))
		if diff := cmp.Diff(have, []string{`{"Arn":"arn:A-two","Of":"A-two"}`, `{"Of":"A-two"}`}); diff != "" {
			t.Errorf("B and C have: got -, want +:\n%s", diff)
		}
		inOrder(t, c.history(*st.StackId), "house UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "A DELETE_IN_PROGRESS")
		wantStatus(t, c.destroy(*st.StackId), types.StackStatusDeleteComplete)
		wantEvents(t, c, `Delete A A-two: {"Name":"two"}`)
		if left := c.functions.existing(); len(left) != 0 {
			t.Errorf("remaining resources: %v, want none", left)
		}
	})
}

func TestRollbackDeletesAFailedCustomResource(t *testing.T) {
	for name, tt := range map[string]struct {
		change     map[string]any
		silent     bool
		begin, end string // the prefix and the suffix of the reason
		id         string // the prefix of the id in the Delete; "house-A-" when the engine generates the id
	}{
		"with its id": {
			change: map[string]any{"Status": "FAILED", "Reason": "no room", "PhysicalResourceId": "half"},
			begin:  "Received response status [FAILED] from custom resource. Message returned: no room (RequestId: ", end: ")",
			id: "half",
		},
		"without id": {
			change: map[string]any{"Status": "FAILED", "Reason": "no room", "PhysicalResourceId": ""},
			begin:  "Invalid PhysicalResourceId. Received response status [FAILED]", end: ")", id: "house-A-",
		},
		"success without id": {
			change: map[string]any{"PhysicalResourceId": nil}, begin: "Invalid PhysicalResourceId", id: "house-A-",
		},
		"a long response": {
			change: map[string]any{"Data": map[string]any{"x": strings.Repeat("x", MaxResponse)}},
			begin:  "Response object is too long.", id: "house-A-",
		},
		"no JSON": {
			change: map[string]any{"raw": "fine"}, id: "house-A-",
			begin: "Invalid Response object: it is not a JSON object",
		},
		"no status": {
			change: map[string]any{"Status": "OK"}, id: "house-A-",
			begin: "Invalid Response object: 'OK' is not a valid",
		},
		"no reason": {
			change: map[string]any{"Status": "FAILED"}, id: "A-one",
			begin: "Invalid Response object: a FAILED response needs",
		},
		"other stack": {
			change: map[string]any{"StackId": "x"}, id: "house-A-",
			begin: "Invalid Response object: StackId is x, not arn:",
		},
		"a number as id": {
			change: map[string]any{"PhysicalResourceId": 5}, id: "house-A-",
			begin: "Invalid Response object: Value of property PhysicalResourceId must be of type String",
		},
		"NoEcho": {
			change: map[string]any{"NoEcho": true}, id: "A-one",
			begin: "ValidationError: the embedded AWS does not implement NoEcho",
		},
		"silence": {
			silent: true, id: "house-A-",
			begin: "CloudFormation did not receive a response from your custom resource. Please check your logs for requestId [",
			end:   "]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
				c.functions.respond = func(e customEvent, answer map[string]any) map[string]any {
					if e.RequestType == "Create" {
						maps.Copy(answer, tt.change)
						if tt.silent {
							return nil
						}
					}
					return answer
				}
				start := time.Now()
				st := c.deploy("house", customTemplate("one", ""))
				wantStatus(t, st, types.StackStatusRollbackComplete)
				if took := time.Since(start); tt.silent && took.Truncate(time.Minute) != time.Hour {
					t.Errorf("stopped waiting after %s, want one hour", took)
				}
				wantReason(t, c, *st.StackId, tt.begin, tt.end)
				events := c.functions.takeEvents()
				if len(events) != 2 || !strings.HasPrefix(events[1], "Delete A "+tt.id) {
					t.Errorf("events %v, want a Delete of %s", events, tt.id)
				}
			})
		})
	}
}

func TestServiceTimeoutLimitsTheWait(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
		c.functions.respond = func(customEvent, map[string]any) map[string]any { return nil }
		start := time.Now()
		st := c.deploy("house", `{"Resources": {"A": {"Type": "Custom::Thing", "Properties": {
			"ServiceToken": "`+functionARN+`", "ServiceTimeout": "90"}}}}`)
		// The function does not respond to the Delete either, so the test waits for two time-outs.
		wantStatus(t, st, types.StackStatusRollbackFailed)
		if took := time.Since(start).Truncate(10 * time.Second); took != 180*time.Second {
			t.Errorf("stopped waiting after %s, want 3m: two time-outs of 90s", took)
		}
	})
}

func TestNoDeleteAfterAFailedInvoke(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
		c.functions.invokeErr = errors.New("Function not found")
		st := c.deploy("house", customTemplate("one", ""))
		wantStatus(t, st, types.StackStatusRollbackComplete)
		wantReason(t, c, *st.StackId, "Function not found", "")
		wantEvents(t, c)
	})
}

func TestRollbackRestoresACustomResource(t *testing.T) {
	bad := `, "Z": {"Type": "Test::Thing", "DependsOn": "B"}`
	for name, tt := range map[string]struct {
		respond func(e customEvent, answer map[string]any) map[string]any
		broken  string // the call of another resource that fails
		want    []string
		id      string // the physical id of A at the end
	}{
		"the update fails": {
			respond: func(e customEvent, answer map[string]any) map[string]any {
				if strings.Contains(string(e.ResourceProperties), "two") {
					maps.Copy(answer, map[string]any{"Status": "FAILED", "Reason": "no", "PhysicalResourceId": e.PhysicalResourceID})
				}
				return answer
			},
			want: []string{
				`Update A A-one: {"Name":"one"} -> {"Name":"two"}`, `Update A A-one: {"Name":"two"} -> {"Name":"one"}`,
			},
			id: "A-one",
		},
		"the update fails and creates a new resource": {
			respond: func(e customEvent, answer map[string]any) map[string]any {
				if e.RequestType == "Update" {
					maps.Copy(answer, map[string]any{"Status": "FAILED", "Reason": "no"})
				}
				return answer
			},
			want: []string{`Update A A-one: {"Name":"one"} -> {"Name":"two"}`, `Delete A A-two: {"Name":"two"}`},
			id:   "A-one",
		},
		"another resource fails after an update": {
			respond: func(e customEvent, answer map[string]any) map[string]any {
				answer["PhysicalResourceId"] = "fixed"
				return answer
			},
			broken: "create Z",
			want: []string{
				`Update A fixed: {"Name":"one"} -> {"Name":"two"}`, `Update A fixed: {"Name":"two"} -> {"Name":"one"}`,
			},
			id: "fixed",
		},
		"another resource fails after a replacement": {
			broken: "create Z",
			want:   []string{`Update A A-one: {"Name":"one"} -> {"Name":"two"}`, `Delete A A-two: {"Name":"two"}`},
			id:     "A-one",
		},
		"the rollback replaces the resource": {
			respond: func(e customEvent, answer map[string]any) map[string]any {
				answer["PhysicalResourceId"] = "first"
				if strings.Contains(string(e.OldResourceProperties), "two") {
					answer["PhysicalResourceId"] = "again"
				}
				return answer
			},
			broken: "create Z",
			want: []string{
				`Update A first: {"Name":"one"} -> {"Name":"two"}`, `Update A first: {"Name":"two"} -> {"Name":"one"}`,
				`Delete A first: {"Name":"one"}`,
			},
			id: "again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, c *cloud, w *world) {
				c.functions.respond = tt.respond
				c.deploy("house", customTemplate("one", ""))
				c.functions.takeEvents()
				if tt.broken != "" {
					w.breakOnce(tt.broken, "no room")
				}
				st := c.deploy("house", customTemplate("two", bad))
				wantStatus(t, st, types.StackStatusUpdateRollbackComplete)
				wantEvents(t, c, tt.want...)
				if got := c.physicalIDs("house")[0]; got != tt.id {
					t.Errorf("A is %s, want %s", got, tt.id)
				}
				c.functions.setRespond(nil)
				wantStatus(t, c.destroy(*st.StackId), types.StackStatusDeleteComplete)
				wantEvents(t, c, fmt.Sprintf(`Delete A %s: {"Name":"one"}`, tt.id))
				if left := c.functions.existing(); len(left) != 0 {
					t.Errorf("remaining resources: %v, want none", left)
				}
			})
		})
	}
}

func TestChangeOfServiceTokenIsRejected(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
		st := c.deploy("house", customTemplate("one", ""))
		c.functions.takeEvents()
		other := strings.Replace(customTemplate("one", ""), ":provider", ":other", 1)
		wantStatus(t, c.deploy("house", other), types.StackStatusUpdateRollbackComplete)
		wantReason(t, c, *st.StackId, "Modifying service token is not allowed.", "")
		wantEvents(t, c)
	})
}

func TestFailedCustomDeleteCanBeRepeated(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
		c.functions.respond = func(e customEvent, answer map[string]any) map[string]any {
			if e.RequestType == "Delete" {
				maps.Copy(answer, map[string]any{"Status": "FAILED", "Reason": "in use"})
			}
			return answer
		}
		st := c.deploy("house", customTemplate("one", ""))
		wantStatus(t, c.destroy(*st.StackId), types.StackStatusDeleteFailed)
		wantReason(t, c, *st.StackId, "Received response status [FAILED] from custom resource. Message returned: in use", ")")
		c.functions.setRespond(nil)
		wantStatus(t, c.destroy(*st.StackId), types.StackStatusDeleteComplete)
	})
}

func TestAttributeMissingInTheResponse(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, c *cloud, _ *world) {
		c.functions.respond = func(e customEvent, answer map[string]any) map[string]any {
			answer["Data"] = map[string]any{"Arn": nil}
			return answer
		}
		st := c.deploy("house", customTemplate("one", ""))
		wantStatus(t, st, types.StackStatusRollbackComplete)
		wantReason(t, c, *st.StackId,
			"CustomResource attribute error: Vendor response doesn't contain Arn attribute in object A", "")
		if left := c.functions.existing(); len(left) != 0 {
			t.Errorf("remaining resources: %v, want none", left)
		}
	})
}

// reasons lists the reasons of the events of a stack.
func (c *cloud) reasons(id string) []string {
	c.t.Helper()
	out, err := c.client.DescribeStackEvents(c.t.Context(), &sdk.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		c.t.Fatal(err)
	}
	var all []string
	for _, e := range out.StackEvents {
		all = append(all, aws.ToString(e.ResourceStatusReason))
	}
	return all
}
