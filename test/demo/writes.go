package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/demo/tablediff"
	"github.com/oralake/oralake/test/oracledb"
)

// changer changes rows of one table at the source, as an application does.
type changer struct {
	db   *oracledb.Database
	name string // for SQL
	keys string // for SQL: the key's columns
	rows int64  // at the start

	columns []string // for SQL
	counter int      // index in columns of the key's first column, a NUMBER
	text    oracledb.Column
	decimal oracledb.Column // its name is empty when there is none
	round   int
}

// newChanger returns the changer of a table. It fails when the table has no numeric key or no text column.
func newChanger(ctx context.Context, db *oracledb.Database, t oracledb.Table) (*changer, error) {
	columns, err := db.Columns(ctx, t)
	if err != nil {
		return nil, err
	}
	c := &changer{db: db, name: oracledb.Quote(t.Schema) + "." + oracledb.Quote(t.Name)}
	if c.rows, err = db.CountWhere(ctx, t, ""); err != nil {
		return nil, err
	}
	for _, column := range columns {
		c.columns = append(c.columns, oracledb.Quote(column.Name))
		switch {
		case column.Key > 0:
		case column.Type.Name == "VARCHAR2" && (c.text.Name == "" || column.Nullable):
			c.text = column
		case column.Type.Name == "NUMBER" && column.Type.Scale > 0:
			c.decimal = column
		}
	}
	names := tablediff.Keys(columns)
	if c.text.Name == "" || len(names) == 0 {
		return nil, fmt.Errorf("change rows of %s: it needs a key and a VARCHAR2 column outside the key", t)
	}
	c.counter = slices.IndexFunc(columns, func(column oracledb.Column) bool { return column.Name == names[0] })
	if columns[c.counter].Type.Name != "NUMBER" {
		return nil, fmt.Errorf("change rows of %s: the first column of its key, %s, is not a NUMBER", t, names[0])
	}
	for i, name := range names {
		names[i] = oracledb.Quote(name)
	}
	c.keys = strings.Join(names, ", ")
	return c, nil
}

// change runs transactions of every kind: inserts, updates, deletes, and one with all of them.
func (c *changer) change(ctx context.Context) error {
	c.round++
	some := min(max(c.rows/50, 2), 100) // rows of each kind
	steps := []func(*oracledb.Tx) error{
		func(tx *oracledb.Tx) error { return c.insert(tx, some) },
		func(tx *oracledb.Tx) error { return c.update(tx, 2*some, 0) },
		func(tx *oracledb.Tx) error { return c.clear(tx, some/2, some) },
		func(tx *oracledb.Tx) error { return c.remove(tx, some/2, c.rows/2) },
		func(tx *oracledb.Tx) error {
			return errors.Join(c.insert(tx, some/2), c.update(tx, some, c.rows/3), c.update(tx, 1, c.rows/3), c.remove(tx, 1, 0))
		},
	}
	for _, step := range steps {
		if err := c.db.Write(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// touch changes the n-th row in one transaction.
func (c *changer) touch(ctx context.Context, n int64) error {
	return c.db.Write(ctx, func(tx *oracledb.Tx) error { return c.update(tx, 1, n%c.rows) })
}

// insert copies the first rows of the table to keys that it does not have.
func (c *changer) insert(tx *oracledb.Tx, rows int64) error {
	counter := c.columns[c.counter]
	values := slices.Clone(c.columns)
	values[c.counter] = fmt.Sprintf("%s + (SELECT max(%s) - min(%s) + 1 FROM %s)", counter, counter, counter, c.name)
	return tx.Exec(fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s ORDER BY %s LIMIT ?",
		c.name, strings.Join(values, ", "), c.name, c.keys), rows)
}

func (c *changer) update(tx *oracledb.Tx, rows, from int64) error {
	text := oracledb.Quote(c.text.Name)
	set := fmt.Sprintf("%s = substr('changed, ' || ?1 || ': ' || coalesce(%s, ''), 1, %d)", text, text, c.text.Type.Length)
	if name := c.decimal.Name; name != "" {
		set += fmt.Sprintf(", %s = round(%s + 1.25, %d)", oracledb.Quote(name), oracledb.Quote(name), c.decimal.Type.Scale)
	}
	return tx.Exec("UPDATE "+c.name+" SET "+set+c.where("?2", "?3"), int64(c.round), rows, from)
}

// clear sets a nullable column to null, if there is one.
func (c *changer) clear(tx *oracledb.Tx, rows, from int64) error {
	if !c.text.Nullable {
		return nil
	}
	return tx.Exec("UPDATE "+c.name+" SET "+oracledb.Quote(c.text.Name)+" = NULL"+c.where("?", "?"), rows, from)
}

func (c *changer) remove(tx *oracledb.Tx, rows, from int64) error {
	return tx.Exec("DELETE FROM "+c.name+c.where("?", "?"), rows, from)
}

// where returns an SQL condition that selects rows in key order.
func (c *changer) where(rows, from string) string {
	return fmt.Sprintf(" WHERE (%s) IN (SELECT %s FROM %s ORDER BY %s LIMIT %s OFFSET %s)",
		c.keys, c.keys, c.name, c.keys, rows, from)
}

// made returns the number of changes of each table since an SCN.
func made(ctx context.Context, db *oracledb.Database, since int64) (map[oracledb.Table]int, error) {
	const atOnce = 10_000
	counts := map[oracledb.Table]int{}
	for {
		changes, err := db.Changes(ctx, since, atOnce)
		if err != nil || len(changes) == 0 {
			return counts, err
		}
		for _, c := range changes {
			counts[c.Table]++
		}
		since = changes[len(changes)-1].SCN
	}
}

// smallest returns the table with the fewest rows of those that are not taken and have at least atLeast rows.
func smallest(ctx context.Context, db *oracledb.Database, atLeast int64, taken func(oracledb.Table) bool) (oracledb.Table, error) {
	tables, err := db.Tables(ctx)
	if err != nil {
		return oracledb.Table{}, err
	}
	var found oracledb.Table
	var fewest int64
	for _, t := range tables {
		if taken(t) {
			continue
		}
		rows, err := db.CountWhere(ctx, t, "")
		if err != nil {
			return oracledb.Table{}, err
		}
		if rows >= atLeast && (found.Name == "" || rows < fewest) {
			found, fewest = t, rows
		}
	}
	return found, nil
}
