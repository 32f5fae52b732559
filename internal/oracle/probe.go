package oracle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// probe reports the views of SYS and the tables of the job that the user may not read. A query that returns no row proves
// that the user may. One statement has all of these queries.
func (c *checker) probe(ctx context.Context, found dictionary) {
	views, tables := c.uncovered(), c.checkGrants(ctx, found)
	var branches []string
	for _, v := range views {
		branches = append(branches, "SELECT 1 FROM "+v.probe+" WHERE 1 = 0")
	}
	for _, t := range tables {
		branches = append(branches, "SELECT 1 FROM "+t.sql()+" WHERE 1 = 0")
	}
	refused, err := c.union(ctx, queryProbe, branches, func(*sql.Rows) error { return nil })
	if err != nil {
		c.unknown(failure{queryProbe, err})
		return
	}
	for i, v := range views {
		if refused[i] != nil && codeOf(refused[i]) != noLogMiner {
			c.unreadableView(v, refused[i])
		}
	}
	for i, t := range tables {
		if why := refused[len(views)+i]; why != nil {
			c.fail(t, "", permissions, c.fixes.grantTable(t), "user %s may not read this table: %s", c.fixes.name(), firstLine(why))
			found[t.key()].unreadable = true
		}
	}
}

func (c *checker) unreadableView(v object, why error) {
	f := Finding{
		Assessment: permissions, Severity: Warning, Fix: c.fixes.grantObject("SELECT", v.name),
		Text: fmt.Sprintf("user %s may not read %s, which DMS uses", c.fixes.name(), v.name),
	}
	if errors.As(why, new(unclear)) {
		f.Text = fmt.Sprintf("user %s may perhaps not read %s, which DMS uses: Oracle refuses a query of it and of others: %s",
			c.fixes.name(), v.name, firstLine(why))
	} else if v.cdc {
		f.Severity = Failed
	}
	c.report.add(f)
}

// uncovered returns the views that the job needs and that no privilege or role for the whole dictionary covers.
func (c *checker) uncovered() (views []object) {
	all := slices.Contains(c.granted.privileges, "SELECT ANY DICTIONARY")
	catalog := all || slices.Contains(c.granted.roles, "SELECT_CATALOG_ROLE")
	for _, o := range usedObjects {
		covered := catalog
		if o.name == "OBJ$" {
			covered = all // SELECT_CATALOG_ROLE covers views and not tables
		}
		if c.uses(o) && !covered && !c.denied[o.name] {
			views = append(views, o)
		}
	}
	return views
}
