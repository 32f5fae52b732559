package oracle

import (
	"context"
	"database/sql"
	"slices"
)

// grants are the tables on which the user has a privilege, by the privilege.
type grants map[string]map[tableKey]bool

// checkGrants reports the tables whose old rows the user may not read, if they are counted. It returns the tables for which nothing
// says that the user may read them at all: no privilege for all tables, no grant, and not that the user owns them. ALL_TABLES also
// lists tables that the user may only change.
func (c *checker) checkGrants(ctx context.Context, found dictionary) (unproven []Table) {
	has := func(privilege string) bool { return slices.Contains(c.granted.privileges, privilege) }
	readable := has("SELECT ANY TABLE") || has("READ ANY TABLE")
	oldReadable := !c.needs.Counts || has("FLASHBACK ANY TABLE")
	var tables []Table
	for _, t := range c.tables {
		if found[t.key()] != nil && t.Schema != c.fixes.user {
			tables = append(tables, t)
		}
	}
	if len(tables) == 0 || readable && oldReadable {
		return nil
	}
	granted, err := c.readGrants(ctx, tables)
	if err != nil {
		c.unknown(failure{queryTablePrivileges, err})
	} else if !oldReadable {
		c.checkFlashback(tables, granted)
	}
	if readable {
		return nil
	}
	return slices.DeleteFunc(tables, func(t Table) bool { return granted["SELECT"][t.key()] || granted["READ"][t.key()] })
}

// readGrants reads the grants on tables. It returns none if the statement fails.
func (c *checker) readGrants(ctx context.Context, tables []Table) (grants, error) {
	all := grants{"SELECT": {}, "READ": {}, "FLASHBACK": {}}
	err := c.ofTables(ctx, queryTablePrivileges, tables, func(r *sql.Rows) error {
		var schema, name, privilege text
		err := r.Scan(&schema, &name, &privilege)
		if of := all[privilege.String]; of != nil {
			of[tableKey{schema.String, name.String}] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// checkFlashback reports the tables whose old rows the user may not read.
func (c *checker) checkFlashback(tables []Table, granted grants) {
	for _, t := range tables {
		if !granted["FLASHBACK"][t.key()] {
			c.warn(t, "", "oralake-no-flashback", c.fixes.grantFlashback(t),
				"user %s may not read old rows of this table: if it changes during its load, its count proves nothing", c.fixes.name())
		}
	}
}
