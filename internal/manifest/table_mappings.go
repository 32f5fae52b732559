package manifest

import (
	"strconv"
	"strings"

	"github.com/oralake/oralake/internal/department"
)

// The parallel-load types of DMS that a department's file offers
// (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Tablesettings).
const (
	partitionsAuto = "partitions-auto"
	partitionsList = "partitions-list"
	ranges         = "ranges"
)

// mappings is a DMS table-mapping document (CHAP_Tasks.CustomizingTasks.TableMapping).
type mappings struct {
	Rules []rule `json:"rules"`
}

// rule is a selection, transformation or table-settings rule. Type says which. DMS writes numbers as strings.
type rule struct {
	Type         string        `json:"rule-type"`
	ID           string        `json:"rule-id"`
	Name         string        `json:"rule-name"`
	Action       string        `json:"rule-action,omitempty"`
	LoadOrder    string        `json:"load-order,omitempty"` // DMS loads tables with higher numbers first; see Job.Packed
	Target       string        `json:"rule-target,omitempty"`
	Locator      locator       `json:"object-locator"`
	Value        string        `json:"value,omitempty"`
	Expression   string        `json:"expression,omitempty"`
	DataType     *dataType     `json:"data-type,omitempty"`
	Filters      []filter      `json:"filters,omitempty"`
	ParallelLoad *parallelLoad `json:"parallel-load,omitempty"`
	LOBSettings  *lobSettings  `json:"lob-settings,omitempty"`
}

// locator names the schema, table or column that a rule applies to. Type is "view" in a selection rule for views; without it
// a selection rule finds only tables.
type locator struct {
	Schema string `json:"schema-name"`
	Table  string `json:"table-name,omitempty"`
	Column string `json:"column-name,omitempty"`
	Type   string `json:"table-type,omitempty"`
}

// dataType is the type of an added column, one of DMS's data types.
type dataType struct {
	Type   string `json:"type"`
	Length int    `json:"length"`
}

// parallelLoad splits the full load of a table into segments. DMS loads each segment with its own thread.
type parallelLoad struct {
	Type       string     `json:"type"`
	Partitions []string   `json:"partitions,omitempty"`
	Columns    []string   `json:"columns,omitempty"`
	Boundaries [][]string `json:"boundaries,omitempty"`
}

// lobSettings replaces the task's LOB limit for one table. BulkMaxSize is in KB.
type lobSettings struct {
	Mode        string `json:"mode"`
	BulkMaxSize string `json:"bulk-max-size"`
}

// mappingsOf writes the rules of a task. The rules of a table are together, in the order of the tables.
//
// Names have no escapes. split keeps lookalike tables in different tasks, so each rule acts on the right table whether or
// not DMS reads an underscore as a wildcard. There is no such protection for columns: a rule that removes column A_B may
// also remove a column AXB.
func mappingsOf(j department.Job, tables []department.Table, taskLOB int) mappings {
	w := &writer{}
	renamed := map[string]bool{}
	for _, t := range tables {
		w.selection(t)
		schema, name := t.Target()
		if schema != t.Schema && !renamed[t.Schema] {
			renamed[t.Schema] = true
			w.transformation("rename", "schema", locator{Schema: t.Schema}, schema)
		}
		at := locator{Schema: t.Schema, Table: t.Name}
		if name != t.Name {
			w.transformation("rename", "table", at, name)
		}
		for _, column := range t.Exclude {
			w.transformation("remove-column", "column", locator{Schema: t.Schema, Table: t.Name, Column: column}, "")
		}
		var parallel *parallelLoad
		if t.Parallel != nil {
			parallel = parallelOf(t.Parallel)
		}
		w.tableSettings(at, parallel, lobLimit(j, t), taskLOB)
	}
	if j.Type.Continuous() {
		w.headerColumn(department.ColumnSCN, "$AR_H_STREAM_POSITION")
		w.headerColumn(department.ColumnSequence, "$AR_H_CHANGE_SEQ")
	}
	return mappings{Rules: w.rules}
}

// anyName matches every name in a rule that accepts wildcards.
const anyName = "%"

// headerColumn adds a column with a header of each change to all tables of the task. The stream position is the SCN of the
// redo record. The change sequence is 35 digits, the time of the commit and a counter, so it sorts as text. Rows of a full
// load have no such headers, and their columns are empty (...SelectionTransformation.Expressions, "Replicating source
// table headers using expressions"). One rule serves all tables: with a rule for each table, a table whose name matches
// the rule of another would get the column twice.
func (w *writer) headerColumn(column, expression string) {
	w.add("add", rule{
		Type: "transformation", Action: "add-column", Target: "column",
		Locator: locator{Schema: anyName, Table: anyName}, Value: column, Expression: expression,
		DataType: &dataType{Type: "string", Length: 50},
	})
}

// writer collects the rules of a task, and numbers and names them.
type writer struct{ rules []rule }

// add gives the rule an id, which counts from 1 within the task, and a name that a person can read in the console.
func (w *writer) add(what string, r rule) {
	r.ID = strconv.Itoa(len(w.rules) + 1)
	words := []string{r.ID, what, r.Locator.Schema, r.Locator.Table, r.Locator.Column}
	if r.Action == "add-column" {
		words = []string{r.ID, what, r.Value}
	}
	r.Name = strings.Trim(strings.Map(toAlphanumeric, strings.Join(words, "-")), "-")
	w.rules = append(w.rules, r)
}

// toAlphanumeric replaces everything but ASCII letters and digits by a hyphen: DMS requires an alphanumeric rule name.
func toAlphanumeric(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return r
	}
	return '-'
}

func (w *writer) transformation(action, target string, at locator, value string) {
	what := action
	if target != "column" {
		what += "-" + target
	}
	w.add(what, rule{Type: "transformation", Action: action, Target: target, Locator: at, Value: value})
}

// tableSettings adds a table-settings rule if the table's load is split or its LOB limit, in KB, differs from the task's.
// DMS reads no wildcards in these rules.
//
// The DMS guide does not list S3 among the targets of lob-settings. So the task's limit is the largest limit of its
// tables: if DMS ignores the rule, no LOB is cut below its table's limit.
func (w *writer) tableSettings(at locator, parallel *parallelLoad, lob, taskLOB int) {
	r := rule{Type: tableSettings, Locator: at, ParallelLoad: parallel}
	if lob != taskLOB {
		r.LOBSettings = &lobSettings{Mode: "limited", BulkMaxSize: strconv.Itoa(lob)}
	}
	if r.ParallelLoad != nil || r.LOBSettings != nil {
		w.add("settings", r)
	}
}

const tableSettings = "table-settings"

// parallelOf returns the parallel-load element of DMS for the file's parallel. It is nil for a table that is not split,
// and for one whose split is planned before each run.
func parallelOf(p *department.Parallel) *parallelLoad {
	switch p.Type {
	case partitionsList:
		return &parallelLoad{Type: p.Type, Partitions: p.Partitions}
	case ranges:
		return &parallelLoad{Type: p.Type, Columns: p.Columns, Boundaries: p.Boundaries}
	case partitionsAuto:
		return &parallelLoad{Type: p.Type}
	default:
		return nil
	}
}

// renumber adds a rule that already has an id and a name, under the next number.
func (w *writer) renumber(r rule) {
	_, name, _ := strings.Cut(r.Name, "-")
	r.ID = strconv.Itoa(len(w.rules) + 1)
	r.Name = r.ID + "-" + name
	w.rules = append(w.rules, r)
}
