package cdcmodel_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
)

// relog is a step: a DBA adds or drops the supplemental logging of all columns of a table. The redo log always has the keys.
const relog = "change the supplemental logging"

// logKeys makes the redo log of a database have the keys of all tables, and all columns of the tables of the histories.
func logKeys(ctx context.Context, db *oracledb.Database) error {
	if err := db.Alter(ctx, "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS"); err != nil {
		return err
	}
	for i := range tables {
		if err := logColumns(ctx, db, tableName(i), true); err != nil {
			return err
		}
	}
	return nil
}

// logColumns adds or drops the logging of all columns of a table. It does nothing if the table is so already.
func logColumns(ctx context.Context, db *oracledb.Database, table string, all bool) error {
	does := map[bool]string{true: "ADD", false: "DROP"}[all]
	err := db.Alter(ctx, "ALTER TABLE "+schema+"."+table+" "+does+" SUPPLEMENTAL LOG DATA (ALL) COLUMNS")
	if err != nil && (strings.HasPrefix(err.Error(), "ORA-32588") || strings.HasPrefix(err.Error(), "ORA-32587")) {
		return nil
	}
	return err
}

// relog changes the logging of a table.
func (w *world) relog(table string, all bool) {
	w.moment()
	w.must(logColumns(w.t.Context(), w.db, table, all))
	if !all {
		w.keyLogged[table] = true
	}
}

// reported has the columns of a table's rows that the reader reports as unproven, by key. It is nil for a table whose redo log
// always had all columns: there, every null must be that of the source.
func (w *world) reported(table string, inLake *lake.Table, keys []string) map[string][]string {
	if !w.keyLogged[table] || w.blind {
		return nil
	}
	all := map[string][]string{}
	for _, u := range inLake.Unproven {
		row := &lake.Table{Columns: inLake.Columns, Rows: [][]any{inLake.Rows[u.Row]}}
		for key := range rebuilt(row, keys) {
			all[key] = u.Columns
		}
	}
	return all
}

// equalOr reports whether a row of the lake has the text of a row of the source, or differs from it only in columns that the
// reader reports.
func equalOr(got, words string, reported []string) bool {
	if got == words {
		return true
	}
	for _, column := range reported {
		pattern := regexp.MustCompile(`(^| )` + regexp.QuoteMeta(column) + `=("(?:[^"\\]|\\.)*"|\S+)`)
		words = pattern.ReplaceAllString(words, "")
	}
	return len(reported) > 0 && got == strings.TrimPrefix(words, " ")
}

// countReported counts the rows of a table that differ from the source, as the reader reports.
func (w *world) countReported(found rows, reported map[string][]string, source rows) {
	for key, columns := range reported {
		if words, ok := source[key]; ok && found[key] != words && equalOr(found[key], words, columns) {
			w.done.reported++
		}
	}
}

// A redo log with keys only loses values, and the reader reports each of them. After a reload with logging of all columns, the
// table equals the source.
func TestKeyLogsAreReported(t *testing.T) {
	put := transaction{{Does: putRow, Table: 0, Key: 7, Value: 1}}
	raise := transaction{{Does: updateAll, Table: 0, Value: 5}}
	lossy := []step{
		{Does: writes, Meanwhile: []transaction{put}},
		{Does: relog, Table: 0, Flag: false},
		{Does: writes, Meanwhile: []transaction{raise}, Wait: time.Hour},
	}
	for name, test := range map[string]struct {
		steps    []step
		bug      bug
		reported bool
		finds    string
	}{
		"reported":                      {steps: lossy, reported: true},
		"a reader that reports nothing": {steps: lossy, bug: bug{blind: true}, finds: mismatch},
		"a table is dropped, and reloaded at the end": {steps: []step{
			{Does: drop, Table: 0, Wait: time.Hour}, {Does: writes, Meanwhile: []transaction{put, raise}, Wait: time.Hour},
		}},
		"reloaded": {steps: append(slices.Clone(lossy),
			step{Does: relog, Table: 0, Flag: true}, step{Does: reload, Chosen: [tables]bool{true}, Wait: time.Hour},
			step{Does: writes, Meanwhile: []transaction{raise}, Wait: time.Hour})},
	} {
		t.Run(name, func(t *testing.T) {
			h := history{Type: department.FullLoadAndCDC, Tables: [tables]bool{true}, Batch: 60, Jitter: 0.5, Steps: test.steps}
			o := live(t, h, simulation.Regions[0], test.bug)
			for _, v := range o.violations {
				if v.kind != test.finds {
					t.Errorf("%s: %s", v.kind, v.text)
				}
			}
			if test.finds != "" && len(o.violations) == 0 {
				t.Errorf("no %s was found", test.finds)
			}
			if (o.tally.reported > 0) != test.reported {
				t.Errorf("%d rows are reported, want some: %t", o.tally.reported, test.reported)
			}
		})
	}
}
