package cloud_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
)

// A stack is created although its custom resource's event is refused, its function crashes, and an answer of
// CloudFormation is lost.
func TestAStackIsCreatedDespiteFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var befell []string
		first := func(what string) bool {
			mu.Lock()
			defer mu.Unlock()
			if slices.Contains(befell, what) {
				return false
			}
			befell = append(befell, what)
			return true
		}
		h := openAccount(t, nil, "", func(o *cloud.Options) {
			o.Disturb = func(c gateway.Call) gateway.Disturbance {
				switch name := c.Service + ":" + c.Operation; {
				case name == "lambda:Invoke" && first(name):
					return gateway.Disturbance{Refuse: gateway.Failed()}
				case name == "cloudformation:DescribeStacks" && first(name):
					return gateway.Disturbance{Lost: true}
				default:
					return gateway.Disturbance{}
				}
			}
			o.FunctionFaults = func(c lambda.FunctionCall) lambda.Fault {
				if first(fmt.Sprintf("try %d", c.Attempt)) && c.Attempt == 1 {
					return lambda.Fault{Kill: lambda.BeforeHandler}
				}
				return lambda.Fault{}
			}
		}).withoutSocket()
		begin := time.Now()
		h.want(h.deploy("one"), types.StackStatusCreateComplete, "Create : <nil> -> one")
		if took := time.Since(begin).Truncate(time.Minute); took != time.Minute {
			t.Errorf("took %s, want the minute that Lambda waits before a retry", took)
		}
		want := []string{"lambda:Invoke", "cloudformation:DescribeStacks", "try 1", "try 2"}
		slices.Sort(want)
		slices.Sort(befell)
		if diff := cmp.Diff(befell, want); diff != "" {
			t.Errorf("faults: got -, want +:\n%s", diff)
		}
	})
}

func TestDMSHasTheOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lost []dms.EventKind
		h := openAccount(t, nil, "", func(o *cloud.Options) {
			o.DMS = dms.Options{Delays: &dms.Delays{}, Observe: func(e dms.Event) { lost = append(lost, e.Kind) }}
		})
		instance := h.instance()
		if err := h.DMS.LoseInstance(instance, time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait() // the observer has returned
		if diff := cmp.Diff(lost, []dms.EventKind{dms.InstanceLost, dms.InstanceBack}); diff != "" {
			t.Errorf("events: got -, want +:\n%s", diff)
		}
	})
}

// instance makes a replication instance.
func (h *testAccount) instance() string {
	h.t.Helper()
	body := `{"Resources": {"Instance": {"Type": "AWS::DMS::ReplicationInstance",
		"Properties": {"ReplicationInstanceClass": "dms.t3.medium"}}},
		"Outputs": {"Instance": {"Value": {"Ref": "Instance"}}}}`
	name := "lake"
	in := &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &body}
	if _, err := h.stacks.CreateStack(h.t.Context(), in); err != nil {
		h.t.Fatal(err)
	}
	st := h.settle(name)
	if len(st.Outputs) != 1 {
		h.t.Fatalf("stack %s has %d outputs", st.StackStatus, len(st.Outputs))
	}
	return *st.Outputs[0].OutputValue
}
