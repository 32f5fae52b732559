package readers_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/oracledb"
)

const (
	schema = "SALES"
	tables = 3
)

func tableName(i int) string { return fmt.Sprintf("T%d", i) }

// newSource creates the database that lives clone. Each row of a table has the number of the table's generation: all rows are replaced
// together.
func newSource(dir string) (*oracledb.Database, error) {
	dir = filepath.Join(dir, "source")
	var script strings.Builder
	for i := range tables {
		fmt.Fprintf(&script, "CREATE TABLE %s (ID NUMBER(10) NOT NULL PRIMARY KEY, GENERATION NUMBER(10), TEXT VARCHAR2(200));", tableName(i))
	}
	if err := oracledb.Create(dir, schema, script.String()); err != nil {
		return nil, err
	}
	return oracledb.Open(dir)
}

// rowsOf is the number of rows of a generation of a table. Some generations are empty. A load of more than 64 rows is several files.
func rowsOf(table, generation int) int {
	return (generation*7 + table*3) % 11 * 97
}

// write replaces the rows of all tables by those of a generation.
func write(ctx context.Context, db *oracledb.Database, generation int) error {
	return db.Write(ctx, func(tx *oracledb.Tx) error {
		for i := range tables {
			if err := tx.Exec("DELETE FROM " + schema + "." + tableName(i)); err != nil {
				return err
			}
			for id := range rowsOf(i, generation) {
				text := fmt.Sprintf("row %d of generation %d", id+1, generation)
				if err := tx.Exec("INSERT INTO "+schema+"."+tableName(i)+" VALUES (?, ?, ?)", int64(id+1), int64(generation), text); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// newDepartment returns a department with one full-load job. Loads of its first table are held if they have lost more than half of
// their rows.
func newDepartment() (*department.Department, error) {
	d, err := base()
	if err != nil {
		return nil, err
	}
	with := *d
	job := department.Job{
		Name: jobName, Type: department.FullLoad, TablesPerTask: 2, ParallelLoads: 2, LOBMaxKB: 32, TimeLimitHours: 24,
	}
	for i := range tables {
		job.Tables = append(job.Tables, department.Table{Schema: schema, Name: tableName(i)})
		if i > 0 {
			job.Tables[i].Expect.MaxDropPercent = new(100)
		}
	}
	with.Jobs = []department.Job{job}
	return &with, nil
}

const jobName = "nightly"
