package templates

import (
	"fmt"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/cost"
)

// An estimate has the instance, the endpoints and the memory that the template has.
func TestEstimatedCostIsThatOfTemplates(t *testing.T) {
	all, err := departments()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		estimate, err := cost.Of(cost.Input{
			Department: d, Prices: cost.FromCommittedTable("us-east-1", cost.HardwareOf(d), ""), Assumed: cost.Assumed{LoadHours: 1}, Now: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		stack := contract.StackName(d.Name)
		hours, rate := 0.0, fmt.Sprintf("rate(%d minutes)", contract.OrphansMinutes)
		instances, searches := 0, 0
		for id, r := range world(t)[stack].Resources {
			switch r.Type {
			case "AWS::EC2::VPCEndpoint":
				if subnets, ok := r.Properties["SubnetIds"].([]any); ok {
					hours += float64(len(subnets)) * cost.Month
				}
			case "AWS::DMS::ReplicationInstance":
				instances++
				if got := r.Properties["ReplicationInstanceClass"]; got != estimate.Class {
					t.Errorf("the instance of %s is a %v, and a %s is estimated", stack, got, estimate.Class)
				}
				if got := r.Properties["AllocatedStorage"]; got != estimated(estimate.Shared, cost.InstanceStorage) {
					t.Errorf("the instance of %s has %v GB, and %g are estimated", stack, got, estimated(estimate.Shared, cost.InstanceStorage))
				}
			case "AWS::Lambda::Function":
				if got := r.Properties["MemorySize"]; got != float64(contract.FunctionMemoryMB) && got != float64(contract.CheckMemoryMB) {
					t.Errorf("function %s of %s has %v MB", id, stack, got)
				}
			case "AWS::Scheduler::Schedule":
				if r.Properties["ScheduleExpression"] == rate {
					searches++
				}
			}
		}
		if instances != 1 || searches != 1 {
			t.Errorf("%s has %d instances and %d searches for orphans", stack, instances, searches)
		}
		if got := estimated(estimate.Shared, cost.Endpoints); got != hours {
			t.Errorf("the endpoints of %s have %g hours, and %g are estimated", stack, hours, got)
		}
	}
}

// estimated is how much of something lines have.
func estimated(lines []cost.Line, what cost.Key) (n float64) {
	for _, l := range lines {
		if l.What == what {
			n += l.Quantity
		}
	}
	return n
}
