package oracledb

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// Count counts the rows of a table.
func (d *Database) Count(ctx context.Context, t Table) (int64, error) {
	return d.CountWhere(ctx, t, "")
}

// CountWhere counts the rows of a table for which an SQL condition holds. An empty condition counts all rows.
func (d *Database) CountWhere(ctx context.Context, t Table, condition string, arguments ...any) (int64, error) {
	query := "SELECT COUNT(*) FROM " + Quote(t.Schema) + "." + Quote(t.Name)
	if condition != "" {
		query += " WHERE " + condition
	}
	rows, err := d.Select(ctx, query, arguments...)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", t, err)
	}
	defer rows.Close()
	row := make([]driver.Value, 1)
	if err := rows.Next(row); err != nil {
		return 0, fmt.Errorf("count %s: %w", t, err)
	}
	count, ok := row[0].(int64)
	if !ok {
		return 0, fmt.Errorf("count %s: SQLite answered %T", t, row[0])
	}
	return count, nil
}
