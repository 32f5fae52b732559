package manifest

import (
	"strconv"
	"strings"

	"github.com/oralake/oralake/internal/department"
)

// The parallel-load types of table-settings that a department file offers.
const (
	partitionsAuto = "partitions-auto"
	partitionsList = "partitions-list"
	ranges         = "ranges"
)

// mappings is a DMS table-mapping document (CHAP_Tasks.CustomizingTasks.TableMapping).
type mappings struct {
	Rules []rule `json:"rules"`
}

// rule is a selection, transformation or table-settings rule, told apart by Type. DMS writes numbers as strings.
type rule struct {
	Type         string        `json:"rule-type"`
	ID           string        `json:"rule-id"`
	Name         string        `json:"rule-name"`
	Action       string        `json:"rule-action,omitempty"`
	Target       string        `json:"rule-target,omitempty"`
	Locator      locator       `json:"object-locator"`
	Value        string        `json:"value,omitempty"`
	Expression   string        `json:"expression,omitempty"`
	DataType     *dataType     `json:"data-type,omitempty"`
	Filters      []filter      `json:"filters,omitempty"`
	ParallelLoad *parallelLoad `json:"parallel-load,omitempty"`
	LOBSettings  *lobSettings  `json:"lob-settings,omitempty"`
}

// locator names the object of a rule.
type locator struct {
	Schema string `json:"schema-name"`
	Table  string `json:"table-name,omitempty"`
	Column string `json:"column-name,omitempty"`
}

// dataType is the type of an added column, in DMS's own types.
type dataType struct {
	Type   string `json:"type"`
	Length int    `json:"length"`
}

// parallelLoad splits the full load of a table into segments with a thread each.
type parallelLoad struct {
	Type       string     `json:"type"`
	Partitions []string   `json:"partitions,omitempty"`
	Columns    []string   `json:"columns,omitempty"`
	Boundaries [][]string `json:"boundaries,omitempty"`
}

// lobSettings overrules the task's LOB limit for one table; BulkMaxSize is in KB.
type lobSettings struct {
	Mode        string `json:"mode"`
	BulkMaxSize string `json:"bulk-max-size"`
}

// mappingsOf writes the rules of a task. All rules of a table stand together, in the order of the tables. Names are
// written plainly, without escapes: split has seen to it that they are right whether or not DMS takes an underscore
// for a wildcard. Column names are the exception nobody can guard: a removed A_B might take a column AXB with it.
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
		w.settings(t, lobLimit(j, t), taskLOB)
	}
	if j.Type.Continuous() {
		w.header(department.ColumnSCN, "$AR_H_STREAM_POSITION")
		w.header(department.ColumnSequence, "$AR_H_CHANGE_SEQ")
	}
	return mappings{Rules: w.rules}
}

// anything matches every name in a rule that takes wildcards.
const anything = "%"

// header adds a column to all tables of the task that holds a header of the change: the SCN is that of the redo record;
// the sequence is 35 digits, the time of the commit and a counter, and so sorts as text. A full load has no such headers
// and leaves the columns empty (...SelectionTransformation.Expressions, "Replicating source table headers using
// expressions"). One rule for all of them: two rules, of a table and of one that looks like it, would add it twice.
func (w *writer) header(column, expression string) {
	w.add("add", rule{
		Type: "transformation", Action: "add-column", Target: "column",
		Locator: locator{Schema: anything, Table: anything}, Value: column, Expression: expression,
		DataType: &dataType{Type: "string", Length: 50},
	})
}

// writer numbers and names rules as it gathers them.
type writer struct{ rules []rule }

// add gives the rule its id, which counts from 1 within the task, and a name that a person can read in the console.
func (w *writer) add(what string, r rule) {
	r.ID = strconv.Itoa(len(w.rules) + 1)
	words := []string{r.ID, what, r.Locator.Schema, r.Locator.Table, r.Locator.Column}
	if r.Action == "add-column" {
		words = []string{r.ID, what, r.Value}
	}
	r.Name = strings.Trim(strings.Map(plain, strings.Join(words, "-")), "-")
	w.rules = append(w.rules, r)
}

// plain keeps to letters, digits and hyphens, since DMS asks for an alphanumeric rule name.
func plain(r rune) rune {
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

// settings writes one table-settings rule when the table has its own way of loading. These rules take no wildcards.
//
// The DMS guide does not list S3 among the targets of lob-settings. So the task's own limit is the largest that any of
// its tables asks for: were the rule ignored, nothing would be cut shorter than it was to be.
func (w *writer) settings(t department.Table, lob, taskLOB int) {
	var split *parallelLoad
	if t.Parallel != nil {
		split = parallelOf(t.Parallel)
	}
	w.settle(locator{Schema: t.Schema, Table: t.Name}, split, lob, taskLOB)
}

func (w *writer) settle(at locator, split *parallelLoad, lob, taskLOB int) {
	r := rule{Type: tableSettings, Locator: at, ParallelLoad: split}
	if lob != taskLOB {
		r.LOBSettings = &lobSettings{Mode: "limited", BulkMaxSize: strconv.Itoa(lob)}
	}
	if r.ParallelLoad != nil || r.LOBSettings != nil {
		w.add("settings", r)
	}
}

const tableSettings = "table-settings"

// parallelOf is how a load is split, in DMS's words; nil for a table that is read whole, or that no plan was made for.
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

// again adds a rule that was numbered before.
func (w *writer) again(r rule) {
	_, name, _ := strings.Cut(r.Name, "-")
	r.ID = strconv.Itoa(len(w.rules) + 1)
	r.Name = r.ID + "-" + name
	w.rules = append(w.rules, r)
}
