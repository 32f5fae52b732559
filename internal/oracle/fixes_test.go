package oracle

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The fix for a name that is too long is a view with a shorter name. DMS follows no views, so a job that follows changes needs
// another name of the table.
func TestLongNameNeedsAShorterOne(t *testing.T) {
	long := Table{Schema: "SALES", Name: strings.Repeat("A", 31)}
	for cdc, want := range map[bool]string{
		true:  `ALTER TABLE ` + long.sql() + ` RENAME TO name;`,
		false: `CREATE VIEW schema.name AS SELECT * FROM ` + long.sql() + `; and in the file {table: SCHEMA.NAME, view: true}`,
	} {
		c := &checker{tables: []Table{long}, needs: Needs{CDC: cdc}}
		c.checkNames()
		if got := c.report.Findings[0].Fix; got != want {
			t.Errorf("fix %q, want %q", got, want)
		}
	}
}

// Each object that DMS needs has a fix in the form of the DMS guide.
func TestGrants(t *testing.T) {
	c := fixes{user: "DMS", rds: true}
	got := []string{c.grantObject("SELECT", "OBJ$"), c.grantObject("EXECUTE", "DBMS_LOGMNR"), c.grantObject("SELECT", "DBA_TABLESPACES")}
	want := []string{
		"exec rdsadmin.rdsadmin_util.grant_sys_object('OBJ$', 'DMS', 'SELECT');",
		"exec rdsadmin.rdsadmin_util.grant_sys_object('DBMS_LOGMNR', 'DMS', 'EXECUTE');",
		"GRANT SELECT ON DBA_TABLESPACES TO DMS;",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fixes (-want +got):\n%s", diff)
	}
	if slices.Contains(want, "") {
		t.Error("an empty fix")
	}
}
