package manifest

import "github.com/oralake/oralake/internal/department"

// tables returns tables of one schema, with only their names set.
func tables(schema string, names ...string) []department.Table {
	var out []department.Table
	for _, n := range names {
		out = append(out, department.Table{Schema: schema, Name: n})
	}
	return out
}

// job returns a full-load job with the defaults of a department's file.
func job(name string, tables ...department.Table) department.Job {
	return department.Job{
		Name: name, Type: department.FullLoad, Schedule: "cron(0 4 * * ? *)", Tables: tables,
		TablesPerTask: 50, ParallelLoads: 8, LOBMaxKB: 32,
	}
}

// plainSample is a minimal department: a full-load job and a job that follows changes, whose tables have only names.
func plainSample() *department.Department {
	live := job("live-prices", tables("SALES", "PRICE")...)
	live.Type, live.TablesPerTask = department.FullLoadAndCDC, 0
	return &department.Department{
		Name: "sales", Source: department.Source{OpenTransactionMinutes: 60},
		Jobs: []department.Job{job("daily-orders", tables("SALES", "ORDERS", "LINEITEM", "CUSTOMER")...), live},
	}
}

// fullSample uses every setting of a table.
func fullSample() *department.Department {
	orders := department.Table{
		Schema: "SALES", Name: "ORDERS",
		Filters: []department.Filter{
			{Column: "O_ORDERDATE", Operator: "between", From: "1995-01-01", To: "1995-12-31"},
			{Column: "O_ORDERSTATUS", Operator: "eq", Value: "F"},
			{Column: "O_ORDERDATE", Operator: "gte", Value: "1998-01-01"},
			{Column: "O_CLERK", Operator: "notnull"},
		},
		Exclude: []string{"O_COMMENT", "O_SHIPPRIORITY"},
		Rename:  department.Rename{Schema: "FINANCE", Table: "BOOKINGS"},
	}
	items := department.Table{
		Schema: "SALES", Name: "LINE_ITEM",
		Filters: []department.Filter{{Column: "L_TAX", Operator: "notbetween", From: "0", To: "0.02"}},
		Rename:  department.Rename{Schema: "FINANCE"},
		Parallel: &department.Parallel{
			Type: "ranges", Columns: []string{"L_ORDERKEY", "L_LINENUMBER"},
			Boundaries: [][]string{{"1000", "3"}, {"2000", "5"}},
		},
	}
	documents := department.Table{
		Schema: "SALES", Name: "DOCUMENTS", LOBMaxKB: 1024,
		Rename: department.Rename{Schema: "FINANCE"}, Parallel: &department.Parallel{Type: "partitions-auto"},
	}
	history := department.Table{
		Schema: "SALES", Name: "HISTORY",
		Parallel: &department.Parallel{Type: "partitions-list", Partitions: []string{"P2025", "P2026"}},
	}
	everything := job("month-end", orders, items, documents, history)
	everything.TablesPerTask, everything.ParallelLoads = 3, 16
	changes := job("changes", tables("SALES", "ORDERS", "CUSTOMER")...)
	changes.Type, changes.TablesPerTask = department.CDC, 0
	changes.Paused, changes.OnReplace, changes.Backfill = true, department.Restart, new(false)
	changes.StartFrom = "2026-11-22T02:00:00Z"
	return &department.Department{
		Name: "finance", Source: department.Source{OpenTransactionMinutes: 90}, Lake: department.Lake{CDCMaxBatchSeconds: 300},
		Jobs: []department.Job{everything, changes},
	}
}
