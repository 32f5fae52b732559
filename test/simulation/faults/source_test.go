package faults_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

// The source has small tables, one of them empty.
const (
	sourceSchema = "SALES"
	sourceTables = 12
)

func tableName(i int) string { return fmt.Sprintf("T%02d", i) }

// rowsOf returns the number of rows of a table.
func rowsOf(i int) int64 { return int64(i % 4) }

// sourceRows is the number of rows of each table, by SCHEMA.TABLE.
var sourceRows = func() map[string]int64 {
	rows := map[string]int64{}
	for i := range sourceTables {
		rows[sourceSchema+"."+tableName(i)] = rowsOf(i)
	}
	return rows
}()

func newSource(dir string) (*oracledb.Database, error) {
	var script strings.Builder
	for i := range sourceTables {
		fmt.Fprintf(&script, "CREATE TABLE %s (ID NUMBER(10) NOT NULL PRIMARY KEY, NAME VARCHAR2(20));", tableName(i))
		for row := range rowsOf(i) {
			fmt.Fprintf(&script, "INSERT INTO %s VALUES (%d, 'row %d');", tableName(i), row+1, row+1)
		}
	}
	if err := oracledb.Create(dir, sourceSchema, script.String()); err != nil {
		return nil, err
	}
	db, err := oracledb.Open(dir)
	if err != nil {
		return nil, err
	}
	return db, db.Alter(context.Background(), "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS")
}
