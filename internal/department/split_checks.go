package department

import (
	"github.com/oralake/oralake/internal/yamlschema"
)

// checkSplits refuses splits of tables that contradict a key of their job.
func checkSplits(d *yamlschema.Decoder, n *yamlschema.Node, j *Job) {
	if verify := n.Get("verify"); n.Has("verify") {
		for i, t := range j.Tables {
			if v := n.Get("tables").Item(i).Get("parallel"); t.Parallel != nil && len(t.Parallel.Partitions) > 0 && !v.Refused() {
				d.Refuse(v, yamlschema.Faultf("write parallel: partitions-auto, or remove verify",
					"%s loads only some partitions, but verify: counts (line %d) counts the whole table at the source", v.Label(),
					verify.Line))
			}
		}
	}
	if loads := n.Get("parallelLoads"); n.Has("parallelLoads") && j.ParallelLoads == 1 {
		refuse := func(v *yamlschema.Node) {
			if v != nil && !v.Refused() {
				d.Refuse(v, yamlschema.Faultf("write parallelLoads: 2 or more, or remove this key",
					"%s splits tables into parts that are loaded at the same time, but parallelLoads (line %d) is 1", v.Label(), loads.Line))
			}
		}
		refuse(n.Get("parallel"))
		for i, t := range j.Tables {
			// A list of partitions also says which rows are loaded, and needs no second thread.
			if t.Parallel != nil && len(t.Parallel.Partitions) == 0 && t.Parallel.Type != None {
				refuse(n.Get("tables").Item(i).Get("parallel"))
			}
		}
	}
}

// checkViews refuses views in jobs that follow changes. DMS loads views only in full-load tasks
// (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Selections).
func checkViews(d *yamlschema.Decoder, n *yamlschema.Node, j *Job) {
	if !j.Type.Continuous() {
		return
	}
	for i, t := range j.Tables {
		if v := n.Get("tables").Item(i); t.View && v != nil && !v.Get("view").Refused() {
			d.Refuse(v.Get("view"), yamlschema.Faultf("list the tables of the view, or move it to a full-load job",
				"%s is a view, and a %s cannot follow it: a view has no redo log", t, jobOfType(n, j)))
		}
	}
}

// checkSplitView refuses splits that need something that a view does not have: partitions, or statistics and a key.
func checkSplitView(d *yamlschema.Decoder, n *yamlschema.Node, t *Table) {
	v := n.Get("parallel")
	if !t.View || t.Parallel == nil || v.Refused() || t.Parallel.Type == ranges || t.Parallel.Type == None {
		return
	}
	what := "partitions"
	if t.Parallel.Type == Auto {
		what = "statistics and no key, from which a split is planned"
	}
	d.Refuse(v, yamlschema.Faultf("write {ranges: {columns: [NAME], boundaries: [[1000]]}}, or remove it",
		"%s needs a table, but this is a view (line %d), which has no %s", v.Label(), n.Get("view").Line, what))
}

// ranges is the type of a split into ranges of columns.
const ranges = "ranges"
