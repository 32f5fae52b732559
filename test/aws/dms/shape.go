package dms

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// shape maps the rows of a table with certain columns to the rows of its target table.
type shape struct {
	columns []oracledb.Column // all columns at the source
	target  target.Table
	names   []string // source names of the columns that are migrated
	indexes []int    // indexes of names in columns
	added   []mapping.Header
}

// shape returns the shape of a table with these columns.
func (l *load) shape(table oracledb.Table, columns []oracledb.Column) (*shape, error) {
	as, err := l.transformations(table).Target(table, columns)
	if err != nil {
		return nil, err
	}
	options := l.options
	switch settings := l.mapping.Settings(table); settings.LOB {
	case "limited":
		options.LOBMax = settings.LOBMax
	case "none":
		options.LOBMax = 0
	}
	out := &shape{columns: columns, target: target.Table{Schema: as.Schema, Name: as.Table}}
	if out.target.Columns, out.names, err = target.Columns(as.Columns, options); err != nil {
		return nil, err
	}
	for _, name := range out.names {
		out.indexes = append(out.indexes, slices.IndexFunc(columns, func(c oracledb.Column) bool { return c.Name == name }))
	}
	out.target.Columns = append(out.target.Columns, target.Added(as.Added, options)...)
	for _, a := range as.Added {
		out.added = append(out.added, a.Header)
	}
	return out, nil
}

// expressions returns the SQL expressions that a full load selects: the columns as they are stored, and the values of the
// headers. The plus sign avoids that a DATE column is read as a time.Time. at is the time at which the task started.
func (p *shape) expressions(at time.Time) []string {
	all := make([]string, 0, len(p.names)+len(p.added))
	for _, name := range p.names {
		all = append(all, "+"+oracledb.Quote(name))
	}
	for _, header := range p.added {
		// Replicate, the engine under DMS, documents these values for a full load (Headers, help.qlik.com).
		value := ""
		switch header {
		case mapping.Operation:
			value = "INSERT"
		case mapping.CommitTimestamp:
			value = at.UTC().Format(headerTime)
		}
		all = append(all, "'"+value+"'")
	}
	return all
}

const headerTime = "2006-01-02 15:04:05.000000"

// row converts a change to the form of the target.
func (p *shape) row(c oracledb.Change) target.Change {
	out := target.Change{
		Op: string(c.Op), Commit: c.Commit, Partial: !c.Whole(), Values: make([]driver.Value, 0, len(p.indexes)+len(p.added)),
	}
	logged := c.Logged()
	for _, i := range p.indexes {
		out.Values = append(out.Values, logged[i])
	}
	for _, header := range p.added {
		value := ""
		switch header {
		case mapping.StreamPosition:
			value = strconv.FormatInt(c.SCN, 10)
		case mapping.ChangeSequence:
			value = changeSequence(c)
		case mapping.CommitTimestamp:
			value = c.Commit.UTC().Format(headerTime)
		case mapping.Operation:
			value = map[oracledb.Op]string{oracledb.Insert: "INSERT", oracledb.Update: "UPDATE", oracledb.Delete: "DELETE"}[c.Op]
		}
		out.Values = append(out.Values, value)
	}
	return out
}

// changeSequence returns the value of AR_H_CHANGE_SEQ: the commit time in hundredths of a second, and a number of 19
// digits that never decreases. Here the number is the SCN, so a change that is read again has the same number.
func changeSequence(c oracledb.Change) string {
	at := c.Commit.UTC()
	return fmt.Sprintf("%s%02d%019d", at.Format("20060102150405"), at.Nanosecond()/int(10*time.Millisecond), c.SCN)
}
