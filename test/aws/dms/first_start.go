package dms

import (
	"context"
	"fmt"

	"github.com/oralake/oralake/test/oracledb"
)

// Clearing says what the first start of a task does with the files that are in the folders of its tables already. The release
// notes of DMS 3.4.2 say that start-replication clears the objects of an S3 target. Whether that is so for a cdc task is not
// documented.
type Clearing int

// The kinds of clearing.
const (
	ClearsNothing Clearing = iota // only a load clears folders, as its TargetTablePrepMode says
	Clears                        // the start deletes the files; the task goes on if the role of its endpoint may not delete them
	ClearsOrFails                 // the same, but the task fails if the role may not delete them
)

// clearFolders deletes the files in the folders of the tables of a task that is started for the first time, if the account has
// such a DMS.
func (s *Service) clearFolders(ctx context.Context, l *load, kind string) error {
	if s.clearing == ClearsNothing || kind != startReplication {
		return nil
	}
	var tables []oracledb.Table
	l.locked(func() {
		for _, table := range l.task.tables {
			if table.state != tableMissing {
				tables = append(tables, table.table)
			}
		}
	})
	for _, table := range tables {
		columns, err := l.database.Columns(ctx, table)
		if err != nil {
			return err
		}
		as, err := l.shape(table, columns)
		if err != nil {
			return err
		}
		err = l.bucket.Clear(ctx, as.target.Schema, as.target.Name)
		switch {
		case err == nil:
		case s.clearing == ClearsOrFails || ctx.Err() != nil:
			return fmt.Errorf("clear the folder of table %s: %w", table, err)
		default:
			l.locked(func() {
				s.write(l.task, targetApply, warningLevel, "The folder of table '%s'.'%s' is not cleared: %v", table.Schema, table.Name, err)
			})
		}
	}
	return nil
}
