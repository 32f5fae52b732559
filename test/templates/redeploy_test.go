package templates

import (
	"strings"
	"testing"
)

// A deploy is compared before anything is touched: what it changes comes after the guard, and the guard needs nothing of
// that, or it would come too late.
func TestGuardComesFirst(t *testing.T) {
	touched := []string{"AWS::DMS::", "AWS::StepFunctions::", "AWS::Scheduler::Schedule", "AWS::EC2::"}
	for stack, one := range departmentStacks(t) {
		var guard string
		for id, r := range one.Resources {
			if r.Type == "Custom::OralakeChange" {
				guard = id
			}
		}
		if guard == "" {
			t.Fatalf("%s has no guard", stack)
		}
		needs := one.dependencies(t, guard)
		for id, r := range one.Resources {
			function := r.Type == "AWS::Lambda::Function" && !strings.HasPrefix(id, "Redeploy") && !strings.HasPrefix(id, "Cleanup")
			for _, prefix := range touched {
				if (strings.HasPrefix(r.Type, prefix) && !strings.HasSuffix(r.Type, "ScheduleGroup") || function) &&
					!one.dependencies(t, id)[guard] {
					t.Errorf("%s: %s (%s) does not wait for the guard", stack, id, r.Type)
				}
			}
			if needs[id] && (strings.HasPrefix(r.Type, "AWS::DMS::") || strings.HasPrefix(r.Type, "AWS::EC2::")) {
				t.Errorf("%s: the guard needs %s, which a deploy may change", stack, id)
			}
		}
	}
}

// The jobs come last: a run that a deploy starts finds everything as it shall be. And whatever would change a job's task
// changes its properties, or CloudFormation would not call.
func TestJobsComeLast(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			if r.Type != "Custom::OralakeTasks" || r.Properties["Job"] == nil {
				continue
			}
			needs := one.dependencies(t, id)
			for other, o := range one.Resources {
				late := o.Type == "AWS::DMS::Endpoint" || o.Type == "AWS::DMS::ReplicationInstance" ||
					o.Type == "AWS::StepFunctions::StateMachine" || strings.HasPrefix(other, "Functions") ||
					other == "WorkflowCreateReadsExecutionsAEC04522"
				if late && !needs[other] {
					t.Errorf("%s: job %v does not wait for %s", stack, r.Properties["Job"], other)
				}
			}
			continuous := r.Properties["Type"] != "full-load"
			for _, property := range []string{"Check", "Endpoints", "Definition"} {
				if has := r.Properties[property] != nil; has != continuous {
					t.Errorf("%s: job %v of type %v has %s: %v", stack, r.Properties["Job"], r.Properties["Type"], property, has)
				}
			}
		}
	}
}
