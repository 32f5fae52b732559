package manifest

import (
	"errors"
	"fmt"
)

// The limits of DMS on what is compiled from a file. The limits on single values are in package department.
const (
	// maxMappingBytes is the size of the largest mapping document: 2 MB (CHAP_Tasks.CustomizingTasks.TableMapping). The guide
	// does not say which megabytes; this is the smaller number.
	maxMappingBytes = 2_000_000
	// maxInstanceTasks is the number of tasks that one replication instance can have ("Quotas for AWS DMS").
	maxInstanceTasks = 200
)

// checkLimits returns one error that names every job with more than DMS takes, and what to write instead.
func (m *Manifest) checkLimits() error {
	var all []error
	followed := 0
	for _, j := range m.Jobs {
		if j.Type.Continuous() {
			followed++
		}
	}
	for _, j := range m.Jobs {
		if j.Type.Continuous() {
			for _, t := range j.Tasks {
				all = append(all, t.checkMappings(j.splitAdvice()))
			}
		} else {
			all = append(all, j.checkSnapshot())
		}
		// The tasks of followed jobs always exist. Full loads of different jobs need not run at the same time.
		if n := len(j.Tasks) + followed; !j.Type.Continuous() && n > maxInstanceTasks {
			all = append(all, fmt.Errorf("job %s needs %d DMS tasks beside those of %d jobs that follow changes: a replication instance "+
				"has at most %d; %s", j.Name, len(j.Tasks), followed, maxInstanceTasks, "write a larger tablesPerTask, or move tables to "+
				"another job or department"))
		}
	}
	if followed > maxInstanceTasks {
		all = append(all, fmt.Errorf("%d jobs follow changes, each with one DMS task: a replication instance has at most %d; "+
			"put tables of several jobs into one, or move jobs to another department", followed, maxInstanceTasks))
	}
	return errors.Join(all...)
}

// splitAdvice says how the file can give the job smaller tasks.
func (j Job) splitAdvice() string {
	if j.Type.Continuous() {
		return "move some of its tables to another job"
	}
	return "write a smaller tablesPerTask in the job"
}

// checkMappings refuses a mapping document that is larger than DMS takes. advice says what to do.
func (t Task) checkMappings(advice string) error {
	if len(t.Mappings) <= maxMappingBytes {
		return nil
	}
	return fmt.Errorf("the mapping document of task %s, with %d tables, has %d bytes, and DMS takes at most %d; %s",
		t.Name, len(t.Tables), len(t.Mappings), maxMappingBytes, advice)
}
