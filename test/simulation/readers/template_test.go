package readers_test

import (
	"strconv"
	"strings"
	"sync"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// base is the department whose template lives deploy.
var base = sync.OnceValues(func() (*department.Department, error) {
	return department.Load(harness.Root() + "/departments/finance.yaml")
})

// template returns the golden template of the department with keep as lake.keepSnapshots. It has no schedules but the search for
// orphans, since lives start the runs. DMS writes files of a kilobyte, so that a load is several of them.
func template(keep int) ([]byte, error) {
	reduced, err := simulation.Reduced("finance", func(id string, r map[string]any) bool {
		properties, _ := r["Properties"].(map[string]any)
		return r["Type"] == contract.JobType && properties["Job"] != nil ||
			r["Type"] == "AWS::Scheduler::Schedule" && !strings.HasPrefix(id, "SchedulesOrphans")
	})
	if err != nil {
		return nil, err
	}
	for id, resource := range reduced.Resources {
		properties, _ := resource.(map[string]any)["Properties"].(map[string]any)
		if settings, ok := properties["S3Settings"].(map[string]any); ok {
			settings["MaxFileSize"] = 1
		}
		if strings.HasPrefix(id, "FunctionsPublishFunction") {
			variables := properties["Environment"].(map[string]any)["Variables"].(map[string]any)
			variables[contract.EnvKeepSnapshots] = strconv.Itoa(keep)
		}
		if strings.HasPrefix(id, "SchedulesOrphans") {
			properties["ScheduleExpression"] = "rate(55 minutes)"
		}
	}
	return reduced.Bytes(), nil
}
