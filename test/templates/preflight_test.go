package templates

import (
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/contract"
)

// The preflight checks a deploy before the deploy changes a resource: every resource that may change depends on the
// preflight, and the preflight depends on none of them.
func TestPreflightComesFirst(t *testing.T) {
	touched := []string{"AWS::DMS::", "AWS::StepFunctions::", "AWS::Scheduler::Schedule", "AWS::EC2::"}
	for stack, one := range departmentStacks(t) {
		var preflight string
		for id, r := range one.Resources {
			if r.Type == contract.PreflightType {
				preflight = id
			}
		}
		if preflight == "" {
			t.Fatalf("%s has no preflight", stack)
		}
		needs := one.dependencies(t, preflight)
		for id, r := range one.Resources {
			function := r.Type == "AWS::Lambda::Function" && !strings.HasPrefix(id, "Preflight") && !strings.HasPrefix(id, "Cleanup")
			for _, prefix := range touched {
				if (strings.HasPrefix(r.Type, prefix) && !strings.HasSuffix(r.Type, "ScheduleGroup") || function) &&
					!one.dependencies(t, id)[preflight] {
					t.Errorf("%s: %s (%s) does not wait for preflight", stack, id, r.Type)
				}
			}
			if needs[id] && (strings.HasPrefix(r.Type, "AWS::DMS::") || strings.HasPrefix(r.Type, "AWS::EC2::")) {
				t.Errorf("%s: preflight needs %s, which a deploy may change", stack, id)
			}
		}
	}
}

// The jobs come last, so that a run of a deploy uses the final resources. Each change to a job's task changes a property of
// the job's resource; otherwise CloudFormation does not call its function.
func TestJobsComeLast(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			if r.Type != contract.JobType || r.Properties["Job"] == nil {
				continue
			}
			needs := one.dependencies(t, id)
			for other, o := range one.Resources {
				late := o.Type == "AWS::DMS::Endpoint" || o.Type == "AWS::DMS::ReplicationInstance" ||
					o.Type == "AWS::StepFunctions::StateMachine" || strings.HasPrefix(other, "Functions") ||
					strings.HasPrefix(other, "WorkflowPrepareReadsExecutions")
				if late && !needs[other] {
					t.Errorf("%s: job %v does not wait for %s", stack, r.Properties["Job"], other)
				}
			}
			continuous := r.Properties["Type"] != "full-load"
			for _, property := range []string{"Check", "Endpoints", "Fingerprint"} {
				if has := r.Properties[property] != nil; has != continuous {
					t.Errorf("%s: job %v of type %v has %s: %v", stack, r.Properties["Job"], r.Properties["Type"], property, has)
				}
			}
		}
	}
}
