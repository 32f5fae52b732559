package oracle

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// DiscoveredTable is a table of a schema, as a person needs it to write a job.
type DiscoveredTable struct {
	Table string `json:"table"` // SCHEMA.TABLE
	// Rows is the number of rows by the statistics of the table, and Bytes the size of its segments or by its statistics; nil if
	// that is not known.
	Rows  *int64 `json:"rows,omitempty"`
	Bytes *int64 `json:"bytes,omitempty"`
	// Key are the columns of the primary key or, without one, of a unique index; empty if nothing identifies the rows.
	Key []string `json:"key,omitempty"`
	// LOBMaxKB is the LOB limit that the table needs; 0 if it has no LOBs, or if that is not known.
	LOBMaxKB int `json:"lobMaxKB,omitempty"`
	// Failed are the findings that fail a job with the table. Warnings is the number of its warnings.
	Failed   []string `json:"failed,omitempty"`
	Warnings int      `json:"warnings,omitempty"`
	// Split is how a load of the table is best split: None, PartitionsAuto or Ranges. Why is the reason.
	Split string `json:"split"`
	Why   string `json:"why,omitempty"`
}

// Ready says that no finding about the table fails a job with it.
func (t DiscoveredTable) Ready() bool { return len(t.Failed) == 0 }

// namesOfOthers are the beginnings of the names of tables that belong to Oracle or to DMS itself: the recycle bin, logs of
// materialized views, indexes of Oracle Text, and the tables of DMS in a target.
var namesOfOthers = []string{"BIN$", "MLOG$_", "RUPD$_", "DR$", "AWSDMS_"}

// Discover lists the tables of a schema, in their order by name, and checks each as Check does for a job that needs what needs says. It
// leaves out temporary and nested tables, and those of Oracle itself. If a statement fails, a finding of the report says so.
func Discover(ctx context.Context, db Pool, schema string, needs Needs) (Report, []DiscoveredTable) {
	c := newChecker(db, nil, needs)
	if err := c.connect(ctx); err != nil {
		c.report.add(c.connectionFinding(err))
		return c.complete(), nil
	}
	err := c.ofTables(ctx, querySchema, []Table{{Schema: schema}}, func(r *sql.Rows) error {
		var owner, name text
		err := r.Scan(&owner, &name)
		if owner.String == schema && !slices.ContainsFunc(namesOfOthers, func(other string) bool { return strings.HasPrefix(name.String, other) }) {
			c.tables = append(c.tables, Table{Schema: schema, Name: name.String, Parallel: needs.FullLoad})
		}
		return err
	})
	if err != nil {
		c.unknown(failure{querySchema, err})
		return c.complete(), nil
	}
	slices.SortFunc(c.tables, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	found := c.inspect(ctx)
	report := c.complete()
	all := make([]DiscoveredTable, len(c.tables))
	for i, t := range c.tables {
		all[i] = discovered(t, found[t.key()], report)
	}
	return report, all
}

// discovered gathers what is known of a table.
func discovered(t Table, d *tableInfo, report Report) DiscoveredTable {
	x := DiscoveredTable{Table: t.String(), Split: None}
	if d != nil {
		if d.rows.Valid {
			x.Rows = &d.rows.Int64
		}
		if bytes, known := d.size(); known {
			x.Bytes = &bytes
		}
		x.Key = d.key()
	}
	for _, f := range report.Findings {
		switch {
		case f.Table != x.Table:
		case f.Severity == Failed:
			x.Failed = append(x.Failed, f.Text)
		case f.Severity == Warning:
			x.Warnings++
		}
	}
	for _, lob := range report.LOBs {
		if lob.Table == x.Table {
			x.LOBMaxKB = max(x.LOBMaxKB, lob.MaxKB)
		}
	}
	for _, plan := range report.Parallel {
		if plan.Table == x.Table {
			x.Split, x.Why = plan.Type, plan.Why
		}
	}
	return x
}

// key returns the columns that identify the rows: those of the primary key, or of the first unique index.
func (d *tableInfo) key() []string {
	if len(d.primary) > 0 {
		return d.primary
	}
	for _, i := range d.indexes {
		if i.unique {
			return i.columns
		}
	}
	return nil
}
