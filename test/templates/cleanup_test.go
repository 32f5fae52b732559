package templates

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/oralake/oralake/internal/contract"
)

// A deletion first deletes the schedules. Then the clean-up deletes all tasks, and then the resources of tasks are deleted.
func TestCleanupIsBetweenSchedulesAndInstance(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		cleanup := one.stackCleanup(t)
		needs := one.dependencies(t, cleanup)
		for id, r := range one.Resources {
			switch r.Type {
			case "AWS::DMS::ReplicationInstance", "AWS::DMS::Endpoint", "AWS::StepFunctions::StateMachine":
				if !needs[id] {
					t.Errorf("%s: the clean-up does not depend on %s: it could be deleted while tasks use it", stack, id)
				}
			case "AWS::Scheduler::Schedule":
				if !one.dependencies(t, id)[cleanup] {
					t.Errorf("%s: schedule %s does not depend on the clean-up: it could start a task after it", stack, id)
				}
			}
		}
	}
}

// stackCleanup returns the custom resource that deletes all tasks when the stack is deleted.
func (one template) stackCleanup(t *testing.T) string {
	t.Helper()
	for id, r := range one.Resources {
		if r.Type == contract.JobType && r.Properties["Job"] == nil {
			return id
		}
	}
	t.Fatal("the stack has no clean-up")
	return ""
}

// dependencies returns all resources that are created before a resource, directly or indirectly.
func (one template) dependencies(t *testing.T, id string) map[string]bool {
	t.Helper()
	var raw struct {
		Resources map[string]any
	}
	if err := json.Unmarshal(one.source, &raw); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var follow func(string)
	follow = func(id string) {
		for other := range raw.Resources {
			if !found[other] && other != id && mentions(raw.Resources[id], other) {
				found[other] = true
				follow(other)
			}
		}
	}
	follow(id)
	return found
}

// mentions reports whether a part of a template refers to a resource by Ref, Fn::GetAtt or DependsOn.
func mentions(part any, id string) bool {
	switch part := part.(type) {
	case string:
		return part == id
	case []any:
		return slices.ContainsFunc(part, func(p any) bool { return mentions(p, id) })
	case map[string]any:
		for _, p := range part {
			if mentions(p, id) {
				return true
			}
		}
	}
	return false
}
