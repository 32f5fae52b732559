package cdcmodel_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

// The source has a few small tables. One starts empty, and one has a key of two columns.
const (
	schema = "SALES"
	tables = 4
)

// mostKey is the largest key in statements. A table has at most one row more.
const mostKey = 7

func tableName(i int) string { return fmt.Sprintf("T%d", i) }

func tableOf(name string) oracledb.Table { return oracledb.Table{Schema: schema, Name: name} }

// definitions has the columns and the key of each table.
var definitions = [tables]string{
	"ID NUMBER(6) NOT NULL, V NUMBER(12,2), NAME VARCHAR2(20), DAY DATE, PRIMARY KEY (ID)",
	"ID NUMBER(6) NOT NULL, PART VARCHAR2(4) NOT NULL, V NUMBER(10), PRIMARY KEY (ID, PART)",
	`ID NUMBER(6) NOT NULL, V NUMBER(10), AT "TIMESTAMP(3)", PRIMARY KEY (ID)`,
	"ID NUMBER(6) NOT NULL, V NUMBER(10), PRIMARY KEY (ID)",
}

const script = `
INSERT INTO T0 VALUES (1, 1.25, 'one', '2026-01-01'), (2, 2, 'two', '2026-01-02 03:04:05'), (5, NULL, NULL, NULL);
INSERT INTO T1 VALUES (1, 'a', 1), (1, 'b', 2), (3, 'a', NULL);
INSERT INTO T2 VALUES (4, 4, '2026-01-01 00:00:00.125');
`

// newSource creates the database that histories clone.
func newSource(dir string) (*oracledb.Database, error) {
	dir = filepath.Join(dir, "source")
	var all strings.Builder
	for i, columns := range definitions {
		fmt.Fprintf(&all, "CREATE TABLE %s (%s);", tableName(i), columns)
	}
	if err := oracledb.Create(dir, schema, all.String()+script); err != nil {
		return nil, err
	}
	db, err := oracledb.Open(dir)
	if err != nil {
		return nil, err
	}
	return db, logKeys(context.Background(), db)
}

// statement is an INSERT, UPDATE or DELETE.
type statement struct {
	Does       string // one of the constants below
	Table      int
	Key, Value int
}

// The statements.
const (
	putRow    = "put"    // inserts a row; replaces a row with the key
	updateRow = "update" // updates one row, if it exists
	updateAll = "update all"
	deleteRow = "delete"
	moveRow   = "move" // gives a row another key; replaces a row with that key
)

// sql returns the SQL of the statement.
func (s statement) sql() string {
	table := schema + "." + tableName(s.Table)
	where := fmt.Sprintf(" WHERE ID = %d", s.Key)
	if s.Table == 1 {
		where += fmt.Sprintf(" AND PART = '%c'", 'a'+rune(s.Value%2))
	}
	switch s.Does {
	case putRow:
		return fmt.Sprintf("REPLACE INTO %s (%s", table, s.values())
	case updateRow:
		return fmt.Sprintf("UPDATE %s SET V = %d%s", table, s.Value, where)
	case updateAll:
		return fmt.Sprintf("UPDATE %s SET V = %d", table, s.Value)
	case deleteRow:
		return "DELETE FROM " + table + where
	default:
		return fmt.Sprintf("UPDATE OR REPLACE %s SET ID = ID + 1%s", table, where)
	}
}

// values returns the columns and values of a row.
func (s statement) values() string {
	switch s.Table {
	case 0:
		return fmt.Sprintf("ID, V, NAME, DAY) VALUES (%d, %d.25, 'row %[2]d', '2026-02-%02d')", s.Key, s.Value, 1+s.Value%28)
	case 1:
		return fmt.Sprintf("ID, PART, V) VALUES (%d, '%c', %d)", s.Key, 'a'+rune(s.Value%2), s.Value)
	case 2:
		return fmt.Sprintf("ID, V, AT) VALUES (%d, %d, '2026-03-01 10:00:00.%03[2]d')", s.Key, s.Value)
	default:
		return fmt.Sprintf("ID, V) VALUES (%d, %d)", s.Key, s.Value)
	}
}

// transaction has statements that are committed or rolled back together.
type transaction []statement

func (t transaction) String() string {
	var all []string
	for _, s := range t {
		all = append(all, s.sql())
	}
	return strings.Join(all, "; ")
}
