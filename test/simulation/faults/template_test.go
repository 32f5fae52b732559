package faults_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/simulation"
)

// orphansSchedule is the beginning of the logical ID of the schedule that searches for orphans.
const orphansSchedule = "SchedulesOrphans"

// template returns the golden template of a department with other jobs. It has no schedules, since the plan starts the
// jobs, and a clean-up for each job.
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
	var cleanup map[string]any
	reduced, err := simulation.Reduced(d.Name, func(id string, r map[string]any) bool {
		properties, _ := r["Properties"].(map[string]any)
		job := r["Type"] == contract.JobType && properties["Job"] != nil
		if job && properties["Type"] == "full-load" { // CloudFormation starts runs of the other types, but the plan starts the jobs.
			cleanup = r
		}
		return job || r["Type"] == "AWS::Scheduler::Schedule" && !strings.HasPrefix(id, orphansSchedule)
	})
	if err != nil {
		panic(err)
	}
	for id, r := range reduced.Resources {
		if strings.HasPrefix(id, orphansSchedule) {
			// A life lasts days, and nobody waits for the search: it need not come twice an hour.
			r.(map[string]any)["Properties"].(map[string]any)["ScheduleExpression"] = "rate(55 minutes)"
		}
	}
	for i, j := range d.Jobs {
		r := maps.Clone(cleanup)
		properties := maps.Clone(r["Properties"].(map[string]any))
		properties["Job"] = j.Name
		r["Properties"] = properties
		reduced.Resources[fmt.Sprintf("CleanupJob%d", i+1)] = r
	}
	return reduced.Bytes()
}
