package bench_test

import (
	"fmt"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

// newSource creates the source with n tables. Each has one row: how long its load takes says its size in sizes, not its rows.
func newSource(dir string, n int) (*oracledb.Database, error) {
	var script strings.Builder
	for i := range n {
		fmt.Fprintf(&script, "CREATE TABLE %s (ID NUMBER(10) NOT NULL PRIMARY KEY); INSERT INTO %[1]s VALUES (1);", tableName(i))
	}
	if err := oracledb.Create(dir, schema, script.String()); err != nil {
		return nil, err
	}
	return oracledb.Open(dir)
}
