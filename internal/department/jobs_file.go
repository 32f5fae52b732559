package department

func jobShape() record[Job] {
	return record[Job]{
		example: "{type: full-load, tables: [SCHEMA.TABLE]}",
		fields: []field[Job]{
			required("type", "full-load",
				"full-load copies the tables at every run; cdc follows their changes; full-load-and-cdc copies once, then follows.",
				choice[Type]{FullLoad, CDC, FullLoadAndCDC}, func(j *Job) *Type { return &j.Type }),
			optional("schedule",
				"When the job runs: "+scheduleExamples+". Without it a full load runs daily at 02:00, and a CDC job is "+
					"looked after every hour.",
				word{example: "cron(0 2 * * ? *)", check: checkSchedule}, func(j *Job) *string { return &j.Schedule }),
			defaulted("tablesPerTask", 50, "At most this many tables of a full load share a DMS task.",
				whole{from: 1, to: 500, unit: "tables"}, func(j *Job) *int { return &j.TablesPerTask }),
			defaulted("parallelLoads", 8, "Tables that a task loads at once.",
				whole{from: 1, to: 49, unit: "tables"}, func(j *Job) *int { return &j.ParallelLoads }),
			defaulted("lobMaxKB", 32,
				"Kilobytes of the largest LOB. A longer one fails the task rather than lose its end. auto measures the LOBs before "+
					"each run of a full load.",
				lobSize, func(j *Job) *int { return &j.LOBMaxKB }),
			optional("parallel",
				"auto plans before each run of a full load how its large tables are split, those that do not say it themselves.",
				choice[string]{Auto}, func(j *Job) *string { return &j.Parallel }),
			optional("verify", "counts compares a full load with the rows that the source had when it began.",
				choice[string]{Counts}, func(j *Job) *string { return &j.Verify }),
			defaulted("timeLimitHours", 24, "Hours after which a run is given up and fails. The tasks of a full load are stopped; one that follows changes goes on.",
				whole{from: 1, to: 336, unit: "hours"}, func(j *Job) *int { return &j.TimeLimitHours }),
			defaulted("keepFailedTask", false,
				"Whether the DMS tasks of a full-load job that failed stay for a person to look at, until its next run.",
				yesNo{}, func(j *Job) *bool { return &j.KeepFailedTask }),
			defaulted("paused", false,
				"Whether the task of a CDC job is stopped and kept: it goes on from where it stopped when this is false again.",
				yesNo{}, func(j *Job) *bool { return &j.Paused }),
			optional("onReplace",
				"restart lets a deploy throw a CDC job's task away, and begin anew, when DMS cannot change it; without it "+
					"such a deploy is refused.",
				choice[string]{Restart}, func(j *Job) *string { return &j.OnReplace }),
			optional("backfill",
				"Whether tables that are added to a cdc job later are loaded once in full. Without it none can be added.",
				pointer[bool]{yesNo{}}, func(j *Job) **bool { return &j.Backfill }),
			optional("startFrom",
				"Where a cdc job begins when it first starts: now (the default), an SCN, or a time such as "+
					"2026-11-22T02:00:00Z.",
				startPoint{}, func(j *Job) *string { return &j.StartFrom }),
			required("tables", "[SCHEMA.TABLE]", "The tables: SCHEMA.TABLE, or an object for one that needs more than its name.",
				listOf[Table]{of: either[Table]{tableName{}, tableShape()}, atLeast: 1, noun: "a table"},
				func(j *Job) *[]Table { return &j.Tables }),
		},
		check: checkJob,
	}
}

var lobSize = wholeOr{whole{from: 1, to: 102400, unit: "kilobytes"}, Auto, Measured}

func tableShape() record[Table] {
	column := identifier{"column", "O_COMMENT"}
	return record[Table]{
		example: "{table: SCHEMA.TABLE}",
		fields: []field[Table]{
			required("table", "SCHEMA.TABLE", "The table: SCHEMA.TABLE in upper case.", tableName{}, itselfTable),
			optional("filter",
				"Which rows come along. Conditions on different columns must all hold; of several on one column, one suffices. "+
					"Use columns that never change and are not LOBs.",
				listOf[Filter]{of: filterShape(), atLeast: 1, noun: "a condition"},
				func(t *Table) *[]Filter { return &t.Filters }),
			optional("exclude", "Columns that stay behind.",
				listOf[string]{of: column, atLeast: 1, noun: "a column", distinct: itself},
				func(t *Table) *[]string { return &t.Exclude }),
			optional("rename", "What the table is called in the lake.", renameShape(),
				func(t *Table) *Rename { return &t.Rename }),
			optional("lobMaxKB", "Kilobytes of the largest LOB of this table, when it is not the job's.",
				lobSize, func(t *Table) *int { return &t.LOBMaxKB }),
			optional("parallel",
				"How the full load of the table is split: partitions-auto, or partitions, or ranges of columns; auto plans it before "+
					"each run, and none reads the table whole.",
				pointer[Parallel]{either[Parallel]{automatic{}, parallelShape()}},
				func(t *Table) **Parallel { return &t.Parallel }),
		},
		check: checkTable,
	}
}

func itselfTable(t *Table) *Table { return t }

func renameShape() record[Rename] {
	return record[Rename]{
		example: "{schema: NAME, table: NAME}",
		fields: []field[Rename]{
			optional("schema", "The schema's name in the lake.", lakeName, func(r *Rename) *string { return &r.Schema }),
			optional("table", "The table's name in the lake.", lakeName, func(r *Rename) *string { return &r.Table }),
		},
		check: func(r *reader, n *node, _ *Rename) {
			if len(n.entries) == 0 {
				r.report(n.pos, n.label()+" renames nothing", "add schema: NAME or table: NAME, or remove it")
			}
		},
	}
}

func filterShape() record[Filter] {
	same := func(f *Filter) *Filter { return f }
	return record[Filter]{
		example: "{column: NAME, eq: VALUE}",
		fields: []field[Filter]{
			required("column", "NAME", "The column.", identifier{"column", "O_ORDERDATE"},
				func(f *Filter) *string { return &f.Column }),
			optional("eq", "The column equals this.", comparison("eq"), same),
			optional("noteq", "The column differs from this.", comparison("noteq"), same),
			optional("gte", "The column is this or more.", comparison("gte"), same),
			optional("lte", "The column is this or less.", comparison("lte"), same),
			optional("between", "[from, to]: the column lies between, both ends included.", span("between"), same),
			optional("notbetween", "[from, to]: the column lies outside.", span("notbetween"), same),
			optional("isNull", "true: the column is NULL; false: it is not.", nullness{}, same),
		},
		choices: [][]string{{"eq", "noteq", "gte", "lte", "between", "notbetween", "isNull"}},
	}
}

func parallelShape() record[Parallel] {
	return record[Parallel]{
		example: "{partitions: [NAME]}",
		fields: []field[Parallel]{
			optional("partitions", "The partitions to load, each by its name.",
				listOf[string]{of: identifier{"partition", "P2025"}, atLeast: 1, noun: "a partition", distinct: itself},
				func(p *Parallel) *[]string { return &p.Partitions }),
			optional("ranges", "Ranges of indexed columns that are never NULL.", rangesShape(),
				func(p *Parallel) *Parallel { return p }),
		},
		choices: [][]string{{"partitions", "ranges"}},
		check: func(_ *reader, n *node, p *Parallel) {
			p.Type = "partitions-list"
			if n.get("ranges") != nil {
				p.Type = "ranges"
			}
		},
	}
}

func rangesShape() record[Parallel] {
	return record[Parallel]{
		example: "{columns: [NAME], boundaries: [[1000]]}",
		fields: []field[Parallel]{
			required("columns", "[NAME]", "At most ten columns that are indexed and NOT NULL.",
				listOf[string]{
					of: identifier{"column", "L_ORDERKEY"}, atLeast: 1, atMost: 10, noun: "a column", distinct: itself,
				}, func(p *Parallel) *[]string { return &p.Columns }),
			required("boundaries", "[[1000], [2000]]",
				"Upper bounds of the ranges, ascending, each with a value a column. What lies above the last is a range too.",
				listOf[[]string]{of: listOf[string]{of: literal{}, atLeast: 1, noun: "a value"}, atLeast: 1, noun: "a boundary"},
				func(p *Parallel) *[][]string { return &p.Boundaries }),
		},
		check: checkRanges,
	}
}
