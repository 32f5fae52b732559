package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/test/oracledb"
)

// unready is the table of the sample database without supplemental logging of all columns: for an update, its redo log has
// only the changed columns.
var unready = oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}

// logChanges turns on supplemental logging of all columns of every table except unready, and keeps archived logs for a day, as a DBA
// does before CDC.
func (w *World) logChanges(ctx context.Context) error {
	w.database.Archive(archiving(time.Now()))
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

// sqlplus runs a statement that ends with a semicolon, as a DBA types it.
func (w *World) sqlplus(ctx context.Context, statement string) (err error) {
	db := w.sources.Open(sampleOracle)
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, strings.TrimSuffix(statement, ";")); err != nil {
		return fmt.Errorf("SQL> %s: %w", statement, err)
	}
	return nil
}
