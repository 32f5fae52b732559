package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle"
)

// Discovery is what a schema of a department's database has, and a job for its tables.
type Discovery struct {
	Department string            `json:"department"`
	File       string            `json:"file"`
	Schema     string            `json:"schema"`
	Tables     []DiscoveredTable `json:"tables"`
	// Findings are what fails a job whatever its tables are, and what the check does not know.
	Findings []oracle.Finding `json:"findings,omitempty"`
	// Job is the name of a suggested job with those tables that are ready and in no job yet; empty if there are none. YAML is that
	// job, to paste below jobs of the file.
	Job  string          `json:"job,omitempty"`
	Type department.Type `json:"type"`
	YAML string          `json:"yaml,omitempty"`
}

// DiscoveredTable is a table of the schema.
type DiscoveredTable struct {
	oracle.DiscoveredTable
	Jobs []string `json:"jobs,omitempty"` // of the department, that have the table already
}

// Discover makes a Discovery of the tables that the check has found. kind is the type of the suggested job.
func Discover(dir, name, schema string, kind department.Type, tables []oracle.DiscoveredTable, findings []oracle.Finding) (Discovery, error) {
	path, err := department.Find(dir, name)
	if err != nil {
		return Discovery{}, err
	}
	d, err := department.Load(path)
	if err != nil {
		return Discovery{}, err
	}
	x := Discovery{Department: d.Name, File: path, Schema: schema, Tables: []DiscoveredTable{}, Type: kind}
	for _, t := range tables {
		x.Tables = append(x.Tables, DiscoveredTable{t, jobsWith(d, t.Table)})
	}
	for _, f := range findings {
		if f.Table == "" && f.Severity == oracle.Failed || f.Assessment == "oralake-not-checked" {
			x.Findings = append(x.Findings, f)
		}
	}
	x.suggest(d)
	return x, nil
}

// jobsWith returns the names of the jobs that have a table.
func jobsWith(d *department.Department, table string) (names []string) {
	for _, j := range d.Jobs {
		if slices.ContainsFunc(j.Tables, func(t department.Table) bool { return t.String() == table }) {
			names = append(names, j.Name)
		}
	}
	return names
}

// suggest writes the suggested job.
func (x *Discovery) suggest(d *department.Department) {
	var lines []string
	ready := 0
	for _, t := range x.Tables {
		switch {
		case len(t.Jobs) > 0:
		case !t.Ready():
			lines = append(lines, fmt.Sprintf("# %s is not ready: %s", t.Table, t.Failed[0]))
		default:
			ready++
			lines = append(lines, tableLine(d, t, x.Type))
		}
	}
	if ready == 0 {
		return
	}
	x.Job = newName(d, strings.ReplaceAll(strings.ToLower(x.Schema), "_", "-"))
	x.YAML = fmt.Sprintf("  %s:\n    type: %s\n    tables:\n      %s\n", x.Job, x.Type, strings.Join(lines, "\n      "))
}

// newName returns a name that no job of the department has.
func newName(d *department.Department, name string) string {
	for slices.ContainsFunc(d.Jobs, func(j department.Job) bool { return j.Name == name }) {
		name += "-more"
	}
	return name
}

// tableLine is the line of a table in the suggested job, with what is known of the table as a comment.
func tableLine(d *department.Department, t DiscoveredTable, kind department.Type) string {
	keys := []string{"table: " + t.Table}
	checked := d.Source.Check != department.CheckOff
	switch {
	case t.Split == oracle.PartitionsAuto && kind == department.FullLoad:
		keys = append(keys, "parallel: partitions-auto")
	case t.Split == oracle.Ranges && kind == department.FullLoad && checked:
		keys = append(keys, "parallel: auto")
	}
	switch {
	case t.LOBMaxKB == 0:
	case checked:
		keys = append(keys, "lobMaxKB: auto")
	default:
		keys = append(keys, fmt.Sprintf("lobMaxKB: %d", t.LOBMaxKB))
	}
	line := "- " + t.Table
	if len(keys) > 1 {
		line = "- {" + strings.Join(keys, ", ") + "}"
	}
	var known []string
	if t.Rows != nil {
		known = append(known, fmt.Sprintf("%d rows", *t.Rows))
	}
	if t.Bytes != nil && *t.Bytes >= 1e6 {
		known = append(known, fmt.Sprintf("%.1f MB", float64(*t.Bytes)/1e6))
	}
	if len(t.Key) == 0 {
		known = append(known, "no key")
	}
	if len(known) > 0 {
		line += "  # " + strings.Join(known, ", ")
	}
	return line
}
