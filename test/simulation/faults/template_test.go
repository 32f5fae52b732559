package faults_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/harness"
)

// template is the golden template of a department with other jobs: without schedules, since the plan says when a job
// starts, and with a clean-up for each of its jobs.
var template = func() func(*department.Department) []byte {
	var mu sync.Mutex
	made := map[string][]byte{}
	return func(d *department.Department) []byte {
		mu.Lock()
		defer mu.Unlock()
		key := fmt.Sprint(d.Name, len(d.Jobs))
		if made[key] == nil {
			made[key] = rewrite(d)
		}
		return made[key]
	}
}()

func rewrite(d *department.Department) []byte {
	golden, err := harness.Template(d.Name)
	if err != nil {
		panic(err)
	}
	var parsed map[string]any
	if err := json.Unmarshal(golden, &parsed); err != nil {
		panic(err)
	}
	resources := parsed["Resources"].(map[string]any)
	withoutNetwork(resources)
	delete(parsed["Outputs"].(map[string]any), "VpcId")
	delete(parsed["Outputs"].(map[string]any), "SecurityGroupIds")
	var cleanup map[string]any
	for id, resource := range resources {
		r := resource.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		switch {
		case r["Type"] == "AWS::Scheduler::Schedule":
			delete(resources, id)
		case r["Type"] == "AWS::StepFunctions::StateMachine":
			delete(properties, "LoggingConfiguration") // Nobody reads it here, and it takes a third of the time.
		case r["Type"] == contract.JobType && properties["Job"] != nil:
			if properties["Type"] == "full-load" { // CloudFormation starts runs of the others, and the plan says when a job starts.
				cleanup = r
			}
			delete(resources, id)
		}
	}
	for i, j := range d.Jobs {
		r := maps.Clone(cleanup)
		properties := maps.Clone(r["Properties"].(map[string]any))
		properties["Job"] = j.Name
		r["Properties"] = properties
		resources[fmt.Sprintf("CleanupJob%d", i+1)] = r
	}
	content, err := json.Marshal(parsed)
	if err != nil {
		panic(err)
	}
	return content
}

// withoutNetwork takes away what the embedded DMS has no use for: no packet goes anywhere.
func withoutNetwork(resources map[string]any) {
	network := func(id string) bool {
		return strings.HasPrefix(id, "Network") || strings.HasPrefix(id, "ReplicationSubnets")
	}
	maps.DeleteFunc(resources, func(id string, _ any) bool { return network(id) })
	for _, resource := range resources {
		r := resource.(map[string]any)
		if after, ok := r["DependsOn"].([]any); ok {
			r["DependsOn"] = slices.DeleteFunc(after, func(id any) bool { return network(id.(string)) })
		}
		properties, _ := r["Properties"].(map[string]any)
		delete(properties, "ReplicationSubnetGroupIdentifier")
		delete(properties, "VpcSecurityGroupIds")
		delete(properties, "VpcConfig") // of the check function
	}
}
