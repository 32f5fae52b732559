package oracledb

import (
	"context"
	"strings"
	"testing"

	"github.com/oralake/oralake/test/oracledictionary"
)

// The views that show the current state have the columns that package oracledictionary describes, and rows that it allows. The other
// views are made from its description.
func TestCurrentViewsAreAsOracleDocumentsThem(t *testing.T) {
	db, _ := oracle(t, `CREATE TABLE T (ID NUMBER(10) PRIMARY KEY)`)
	for name := range currentViews {
		view, described := oracledictionary.Find(name)
		if !described {
			t.Errorf("%s is not described", name)
			continue
		}
		var columns []string
		for _, c := range view.Columns {
			columns = append(columns, oracledictionary.Spell(c.Name))
		}
		listed := strings.Join(columns, ", ")
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Raw(func(c any) error {
			s := c.(*session).asked
			return execute(s, strings.Replace(view.Create("TEMP TABLE"), view.Table(), "documented", 1),
				"INSERT INTO documented ("+listed+") SELECT "+listed+" FROM "+view.Table(), "DROP TABLE documented")
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A session takes no row that Oracle does not document.
func TestSessionRefusesUndocumentedRows(t *testing.T) {
	db, _ := oracle(t, `CREATE TABLE T (ID NUMBER(10) PRIMARY KEY)`)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		_, err := c.(*session).asked.ExecContext(context.WithoutCancel(t.Context()), "UPDATE all_tables SET nested = 'N'", nil)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "ALL_TABLES: NESTED is YES, NO") {
		t.Errorf("got %v, want what is documented", err)
	}
}
