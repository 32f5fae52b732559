package cli_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// summary counts the findings of all rounds. Its JSON is the last line of `make destroys`.
type summary struct {
	Rounds         int `json:"rounds"`
	StacksLeft     int `json:"stacksLeft"`
	TasksLeft      int `json:"tasksLeft"`
	DataLost       int `json:"dataLost"`
	RecordsLost    int `json:"recordsLost"`
	ResourcesLeft  int `json:"resourcesLeft"`
	ExecutionsLeft int `json:"executionsLeft"`
	RunsMisnoted   int `json:"runsMisnoted"`
	Runs           int `json:"runs"` // executions, with recoveries
	Seconds        int `json:"seconds"`

	doing map[string]int
}

func (s *summary) add(r result) {
	s.Rounds++
	if len(r.StackLeft) > 0 {
		s.StacksLeft++
	}
	s.TasksLeft += len(r.TasksLeft)
	s.DataLost += len(r.DataLost)
	s.RecordsLost += len(r.RecordsLost)
	s.ResourcesLeft += len(r.ResourcesLeft)
	s.ExecutionsLeft += len(r.ExecutionsLeft)
	s.RunsMisnoted += len(r.RunsMisnoted)
	s.Runs += r.Runs
	if s.doing == nil {
		s.doing = map[string]int{}
	}
	for _, what := range r.Doing {
		kind := "runs"
		if strings.HasPrefix(what, "oralake-") {
			kind = "tasks"
		}
		_, state, _ := strings.Cut(what, " ")
		s.doing[kind+" "+state]++
	}
}

// moments returns how many runs and tasks were in each state when a deletion started.
func (s *summary) moments() string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(s.doing)) {
		all = append(all, fmt.Sprintf("%s: %d", what, s.doing[what]))
	}
	return strings.Join(all, ", ")
}
