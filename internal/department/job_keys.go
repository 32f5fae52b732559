package department

import (
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/oralake/oralake/internal/yamlschema"
)

// namedJobs is a mapping from names to jobs, in the order of the file.
type namedJobs struct {
	name yamlschema.Text
	of   yamlschema.Type[Job]
}

func (s namedJobs) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *[]Job) {
	if n.Refused() {
		return
	}
	if n.Kind != yamlschema.KindMapping || len(n.Entries) == 0 {
		d.Refuse(n, yamlschema.Faultf("write a job's name, a colon, and its keys below", "%s has no job", n.Label()))
		return
	}
	*into = make([]Job, len(n.Entries))
	for i, e := range n.Entries {
		job := &(*into)[i]
		s.name.Decode(d, &yamlschema.Node{Pos: e.Pos, Kind: yamlschema.KindText, Text: e.Key, Path: "the job's name"}, &job.Name)
		s.of.Decode(d, e.Value, job)
	}
}

func (s namedJobs) SetDefault(*[]Job) {}

func (s namedJobs) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", MinProperties: jsonschema.Ptr(1),
		PropertyNames:        &jsonschema.Schema{Pattern: s.name.Pattern},
		AdditionalProperties: s.of.Schema(),
	}
}

func jobKeys() yamlschema.Mapping[Job] {
	return yamlschema.Mapping[Job]{
		Example: "{type: full-load, tables: [SCHEMA.TABLE]}",
		Fields: []yamlschema.Field[Job]{
			yamlschema.Required("type", "full-load",
				"full-load loads all rows at every run. cdc follows the changes. full-load-and-cdc loads all rows once, then follows the changes.",
				yamlschema.Choice[Type]{FullLoad, CDC, FullLoadAndCDC}, func(j *Job) *Type { return &j.Type }),
			yamlschema.Optional("schedule",
				"When the job runs: "+scheduleExamples+". The default is daily at 04:00 for a full load, and every hour for a job "+
					"that follows changes: its runs check the task and change it.",
				yamlschema.Text{Example: "cron(0 4 * * ? *)", Check: checkSchedule}, func(j *Job) *string { return &j.Schedule }),
			yamlschema.WithDefault("tablesPerTask", 50, "At most this many tables of a full load share a DMS task.",
				yamlschema.Integer{From: 1, To: 500, Unit: "tables"}, func(j *Job) *int { return &j.TablesPerTask }),
			yamlschema.WithDefault("parallelLoads", 8, "Tables that a task loads at the same time.",
				yamlschema.Integer{From: 1, To: 49, Unit: "tables"}, func(j *Job) *int { return &j.ParallelLoads }),
			yamlschema.WithDefault("lobMaxKB", 32,
				"The LOB limit, in kilobytes. A longer LOB fails the task; no LOB is cut. auto measures the LOBs before each run of a "+
					"full load.",
				lobSize, func(j *Job) *int { return &j.LOBMaxKB }),
			yamlschema.Optional("parallel",
				"auto plans before each run of a full load how its large tables are split. It does not apply to tables with a "+
					"parallel of their own.",
				yamlschema.Choice[string]{Auto}, func(j *Job) *string { return &j.Parallel }),
			yamlschema.Optional("verify", "counts compares the rows of a full load with the rows at the source when the load started.",
				yamlschema.Choice[string]{Counts}, func(j *Job) *string { return &j.Verify }),
			yamlschema.Optional("expect",
				"What is expected of each load of a table, before readers get it. A load that is otherwise is held: readers keep what they "+
					"have, and a person may accept it.",
				expectKeys(), func(j *Job) *Expect { return &j.Expect }),
			yamlschema.Optional("onSchemaChange",
				"What becomes of a load that lacks columns which readers see, or has them with a type that does not have all their values. "+
					"hold (the default): readers keep what they have, and a person may accept it. publish: readers get it. fail: the table "+
					"is not good.",
				onSchemaChange, func(j *Job) *string { return &j.OnSchemaChange }),
			yamlschema.WithDefault("timeLimitHours", 24, "Hours after which a run fails. Then the tasks of a full load are stopped; a task that follows changes continues.",
				yamlschema.Integer{From: 1, To: 336, Unit: "hours"}, func(j *Job) *int { return &j.TimeLimitHours }),
			yamlschema.WithDefault("keepFailedTask", false,
				"Whether the DMS tasks of a failed full load stay until the next run, so that a person can examine them.",
				yamlschema.Boolean{}, func(j *Job) *bool { return &j.KeepFailedTask }),
			yamlschema.WithDefault("paused", false,
				"true stops the task of a job that follows changes and keeps it. When paused is false again, the task continues at "+
					"the same position in the redo log.",
				yamlschema.Boolean{}, func(j *Job) *bool { return &j.Paused }),
			yamlschema.Optional("onReplace",
				"restart allows a deploy to delete the task of a job that follows changes and to start a new one, if DMS cannot make "+
					"a change to it. Without this key such a deploy is refused.",
				yamlschema.Choice[string]{Restart}, func(j *Job) *string { return &j.OnReplace }),
			yamlschema.Optional("backfill",
				"Whether tables that are added to a cdc job later are loaded once in full. Without this key no table can be added.",
				yamlschema.Pointer[bool]{Of: yamlschema.Boolean{}}, func(j *Job) **bool { return &j.Backfill }),
			yamlschema.Optional("startFrom",
				"The position at which a cdc job starts for the first time: now (the default), an SCN, or a time such as "+
					"2026-11-22T02:00:00Z. now includes transactions that are open then. An SCN or a time is used as it is: transactions "+
					"that were open then and began before are missed.",
				startPoint{}, func(j *Job) *string { return &j.StartFrom }),
			yamlschema.Required("tables", "[SCHEMA.TABLE]", "The tables: SCHEMA.TABLE, or an object for a table with settings.",
				yamlschema.List[Table]{Of: yamlschema.Either[Table]{Short: tableName{}, Long: tableKeys()}, AtLeast: 1, Noun: "a table"},
				func(j *Job) *[]Table { return &j.Tables }),
		},
		Check: checkJob,
	}
}

var lobSize = yamlschema.IntegerOr{
	Integer: yamlschema.Integer{From: 1, To: 102400, Unit: "kilobytes"}, Word: Auto, Value: Measured,
}

func tableKeys() yamlschema.Mapping[Table] {
	column := identifier{"column", "O_COMMENT"}
	return yamlschema.Mapping[Table]{
		Example: "{table: SCHEMA.TABLE}",
		Fields: []yamlschema.Field[Table]{
			yamlschema.Required("table", "SCHEMA.TABLE", "The table: SCHEMA.TABLE in upper case.", tableName{}, itselfTable),
			yamlschema.Optional("filter",
				"Which rows are loaded. Conditions on different columns must all hold. Of several conditions on one column, one is "+
					"enough. Use columns that never change and are not LOBs.",
				yamlschema.List[Filter]{Of: filterKeys(), AtLeast: 1, Noun: "a condition"},
				func(t *Table) *[]Filter { return &t.Filters }),
			yamlschema.Optional("exclude", "Columns that are not loaded.",
				yamlschema.List[string]{Of: column, AtLeast: 1, Noun: "a column", Distinct: itself},
				func(t *Table) *[]string { return &t.Exclude }),
			yamlschema.WithDefault("view", false,
				"true for an Oracle view. DMS loads views only in full loads; the database needs nothing but the right to read it.",
				yamlschema.Boolean{}, func(t *Table) *bool { return &t.View }),
			yamlschema.Optional("rename", "The table's name in the lake.", renameKeys(),
				func(t *Table) *Rename { return &t.Rename }),
			yamlschema.Optional("lobMaxKB", "The LOB limit of this table, in kilobytes, if it is not the job's.",
				lobSize, func(t *Table) *int { return &t.LOBMaxKB }),
			yamlschema.Optional("parallel",
				"How the full load of the table is split: partitions-auto, or partitions, or ranges of columns. auto plans it before "+
					"each run. none does not split the table.",
				yamlschema.Pointer[Parallel]{Of: yamlschema.Either[Parallel]{Short: parallelMode{}, Long: parallelKeys()}},
				func(t *Table) **Parallel { return &t.Parallel }),
			yamlschema.Optional("expect", "What is expected of each load of this table, where it is not what the job says.", expectKeys(),
				func(t *Table) *Expect { return &t.Expect }),
			yamlschema.Optional("onSchemaChange", "What becomes of a load of this table whose columns have changed, if it is not what the job says.",
				onSchemaChange, func(t *Table) *string { return &t.OnSchemaChange }),
		},
		Check: checkTable,
	}
}

// itselfTable is the place of a key that sets several fields of a Table.
func itselfTable(t *Table) *Table { return t }

func renameKeys() yamlschema.Mapping[Rename] {
	return yamlschema.Mapping[Rename]{
		Example: "{schema: NAME, table: NAME}",
		Fields: []yamlschema.Field[Rename]{
			yamlschema.Optional("schema", "The schema's name in the lake.", lakeName, func(r *Rename) *string { return &r.Schema }),
			yamlschema.Optional("table", "The table's name in the lake.", lakeName, func(r *Rename) *string { return &r.Table }),
		},
		Check: func(d *yamlschema.Decoder, n *yamlschema.Node, _ *Rename) {
			if len(n.Entries) == 0 {
				d.Report(n.Pos, n.Label()+" has no name", "add schema: NAME or table: NAME, or remove it")
			}
		},
	}
}

func parallelKeys() yamlschema.Mapping[Parallel] {
	return yamlschema.Mapping[Parallel]{
		Example: "{partitions: [NAME]}",
		Fields: []yamlschema.Field[Parallel]{
			yamlschema.Optional("partitions", "The names of the partitions to load.",
				yamlschema.List[string]{Of: identifier{"partition", "P2025"}, AtLeast: 1, Noun: "a partition", Distinct: itself},
				func(p *Parallel) *[]string { return &p.Partitions }),
			yamlschema.Optional("ranges", "Ranges of indexed columns that are never NULL.", rangesKeys(),
				func(p *Parallel) *Parallel { return p }),
		},
		OneOf: [][]string{{"partitions", "ranges"}},
		Check: func(_ *yamlschema.Decoder, n *yamlschema.Node, p *Parallel) {
			p.Type = "partitions-list"
			if n.Get("ranges") != nil {
				p.Type = ranges
			}
		},
	}
}

// parallelMode is a table's parallel that the file writes as one word, such as auto.
type parallelMode struct{}

var parallelModes = yamlschema.Choice[string]{"partitions-auto", Auto, None}

func (parallelMode) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *Parallel) {
	if n.Kind == yamlschema.KindText && (n.Text == "ranges" || n.Text == "partitions-list" || n.Text == "partitions") {
		d.Refuse(n, yamlschema.Faultf("write {partitions: [P1, P2]} or {ranges: {columns: [NAME], boundaries: [[1000]]}}",
			"%s needs more than the word %s", n.Label(), n.Text))
		return
	}
	parallelModes.Decode(d, n, &into.Type)
}

func (parallelMode) SetDefault(*Parallel) {}

func (parallelMode) Schema() *jsonschema.Schema { return parallelModes.Schema() }

func rangesKeys() yamlschema.Mapping[Parallel] {
	return yamlschema.Mapping[Parallel]{
		Example: "{columns: [NAME], boundaries: [[1000]]}",
		Fields: []yamlschema.Field[Parallel]{
			yamlschema.Required("columns", "[NAME]", "One to ten columns that are indexed and NOT NULL.",
				yamlschema.List[string]{
					Of: identifier{"column", "L_ORDERKEY"}, AtLeast: 1, AtMost: 10, Noun: "a column", Distinct: itself,
				}, func(p *Parallel) *[]string { return &p.Columns }),
			yamlschema.Required("boundaries", "[[1000], [2000]]",
				"Upper bounds of the ranges, ascending, each with one value for each column. Rows above the last bound are one more range.",
				yamlschema.List[[]string]{Of: yamlschema.List[string]{Of: literal{}, AtLeast: 1, Noun: "a value"}, AtLeast: 1, Noun: "a boundary"},
				func(p *Parallel) *[][]string { return &p.Boundaries }),
		},
		Check: checkRanges,
	}
}
