package oracle

import (
	"slices"
	"strings"
)

const schemaAccounts = "schema-only accounts"

// settingBranches returns the branches of queryRedoLog that read settings of the database, apart from its redo log.
func (c *checker) settingBranches() []redoBranch {
	branches := []redoBranch{{kind: "parameter", query: query{
		name: "parameters", text: `SELECT 'parameter ' || name, CASE value WHEN 'TRUE' THEN 1 WHEN 'FALSE' THEN 0
    ELSE TO_NUMBER(SUBSTR(value, 1, INSTR(value || '.', '.') - 1)) END, 0, 0, 0
  FROM v$parameter WHERE name IN ('adg_redirect_dml', 'compatible', 'resource_limit')`,
		objects: []string{"V_$PARAMETER"}, loses: "parameters of the database, such as COMPATIBLE",
	}}}
	if !c.release.before(release{12, 2}) {
		branches = append(branches, redoBranch{kind: "application", query: query{
			name: "application containers", text: `SELECT 'application', COUNT(*), 0, 0, 0 FROM v$containers
  WHERE application_root = 'YES' OR application_pdb = 'YES'`,
			objects: []string{"V_$CONTAINERS"}, loses: "whether this is a part of an application container",
		}})
	}
	if schemas := c.schemas(); !c.release.before(release{18, 0}) && len(schemas) > 0 {
		branches = append(branches, redoBranch{kind: "schema-only", query: query{
			name: schemaAccounts, text: `SELECT 'schema-only ' || username, 1, 0, 0, 0 FROM dba_users
  WHERE authentication_type = 'NONE' AND username IN (` + literals(schemas) + `)`,
			objects: []string{"DBA_USERS"}, loses: "whether the schemas are schema-only accounts, which DMS does not support",
		}})
	}
	return branches
}

// schemas returns the schemas of the job's tables. A statement has no more than maxList of them.
func (c *checker) schemas() []string {
	var all []string
	for _, t := range c.tables {
		if !slices.Contains(all, t.Schema) && len(all) < maxList {
			all = append(all, t.Schema)
		}
	}
	return all
}

// literals returns texts as a list of literals of SQL.
func literals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = "'" + strings.ReplaceAll(t, "'", "''") + "'"
	}
	return strings.Join(quoted, ", ")
}

// setSetting keeps a row of settingBranches. It reports whether the row was one.
func (c *checker) setSetting(kind string, n whole) bool {
	k := &c.known
	name, is := strings.CutPrefix(kind, "schema-only ")
	switch {
	case is:
		if !slices.Contains(k.schemaOnly, name) { // union may read a branch twice
			k.schemaOnly = append(k.schemaOnly, name)
		}
	case kind == "application":
		k.application = n.Int64 > 0
	case kind == "parameter compatible":
		k.compatible = n.Int64
	case kind == "parameter adg_redirect_dml":
		k.redirects = n.Int64 == 1
	case kind == "parameter resource_limit":
		k.unlimited = n.Valid && n.Int64 == 0
	default:
		return false
	}
	return true
}

// checkSettings checks what settingBranches found, and whether a standby has the link to its primary.
func (c *checker) checkSettings() {
	k := &c.known
	if k.application {
		c.database(Failed, "oracle-check-app-pdb", toFullLoad,
			"%s belongs to an application container: DMS does not follow its changes", k.container)
	}
	if k.compatible >= int64(afterRelease.major) {
		c.database(Warning, "oracle-dms-compatibility-version-check", "",
			"COMPATIBLE is %d, and the DMS guide lists Oracle up to 19c: whether DMS reads the redo log of this release is not known", k.compatible)
	}
	for _, schema := range k.schemaOnly {
		c.database(Warning, "oracle-validate-schema-only-accounts", passwordFor(schema),
			"%s is a schema-only account, which has no login: DMS does not support such schemas", schema)
	}
	if !k.standby() {
		return
	}
	if k.redirects {
		c.database(Failed, "oracle-validate-adg-redirect-dml", c.fixes.redirectNothing(),
			"the standby redirects changes to its primary (ADG_REDIRECT_DML): DMS does not support that")
	}
	if len(c.granted.links) == 0 {
		c.database(Warning, "oracle-validate-standby-dblink", c.fixes.link(),
			"there is no database link AWSDMS_DBLINK, by which DMS asks the primary for its open transactions")
	}
}
