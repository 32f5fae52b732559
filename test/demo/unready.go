package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

// unready is the table that the sample database's DBA has forgotten: its redo log has no whole rows, so that of an
// update DMS would know what changed, and not the rest of the row.
var unready = oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}

// logChanges is what a DBA does before DMS follows changes: supplemental logging of all columns of every table, but for
// the one that is forgotten.
func (w *World) logChanges(ctx context.Context) error {
	tables, err := w.database.Tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if t == unready {
			continue
		}
		err := w.sqlplus(ctx, fmt.Sprintf(`ALTER TABLE "%s"."%s" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`, t.Schema, t.Name))
		if err != nil {
			return err
		}
	}
	return nil
}

// sqlplus runs a statement as a DBA would, who ends it with a semicolon.
func (w *World) sqlplus(ctx context.Context, statement string) (err error) {
	db := w.sources.Open(sampleOracle)
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, strings.TrimSuffix(statement, ";")); err != nil {
		return fmt.Errorf("SQL> %s: %w", statement, err)
	}
	return nil
}
