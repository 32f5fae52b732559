package dms

import (
	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
)

// keepTransformations decides by which mapping document the rows of each selected table are filtered and transformed in a run. A
// task that resumes keeps the rules that each of its tables had before: the guide asks for a restart of the task when a
// transformation changes (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Transformations). The rules of the
// document apply to a table that the task did not select before; that is an assumption. The caller holds the lock.
func (t *task) keepTransformations(selected []mapping.Selected, kind string) {
	before := t.applied
	t.applied = map[oracledb.Table]*mapping.Mapping{}
	for i := range selected {
		table := selected[i].Table
		rules := before[table]
		if rules == nil || kind != resumeProcessing {
			rules = t.mapping
		}
		t.applied[table] = rules
		selected[i].Filter = rules.Filter(table)
	}
}

// transformations returns the mapping document by which the rows of a table are transformed in this run.
func (l *load) transformations(table oracledb.Table) *mapping.Mapping {
	if rules := l.applied[table]; rules != nil {
		return rules
	}
	return l.mapping
}
