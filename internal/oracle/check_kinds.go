package oracle

import "strings"

const noTable = "all-check-source-selection-rules"

// checkObject reports an object that is neither a view nor a table of plain columns.
func (c *checker) checkObject(t Table, kind string) {
	switch kind {
	case "TABLE": // ALL_TABLES has no object tables
		c.fail(t, "", "oralake-object-table", c.asView(t),
			"this is a table of objects (CREATE TABLE ... OF): the DMS guide does not list such tables, and DMS reads no user-defined types")
	case "SYNONYM":
		c.fail(t, "", noTable, "write the table or view for which it stands, as in ALL_SYNONYMS",
			"this is a synonym: DMS finds tables and views by their own names only")
	default:
		c.fail(t, "", noTable, removeTable, "there is no table of this name, but an object of the type %s", kind)
	}
}

// asView returns how the rows of a table can be loaded that DMS does not read itself.
func (c *checker) asView(t Table) string {
	if c.needs.CDC {
		return toFullLoad + ", and load a view of it: " + throughView(t)
	}
	return throughView(t)
}

// checkView reports a view that the file lists as a table, and the reverse: DMS then finds nothing of that name.
func (c *checker) checkView(t Table, d *tableInfo) {
	switch {
	case d.view && c.needs.CDC:
		c.fail(t, "", "oralake-view", "list the tables of the view, or move it to a full-load job and add view: true",
			"this is a view: DMS does not follow its changes")
	case d.view && !t.View:
		c.fail(t, "", "oralake-view", "view: true", "this is a view: DMS loads it only if the file says so")
	case t.View && !d.view:
		c.fail(t, "", "oralake-view", "remove view: true", "this is a table and not a view: DMS would not find it")
	}
}

// checkKind reports kinds of tables that DMS does not load or does not follow, and those of which the DMS guide says nothing.
func (c *checker) checkKind(t Table, d *tableInfo) {
	if d.temporary {
		c.fail(t, "", "oracle-validate-global-temporary-tables", removeTable,
			"this is a global temporary table: DMS does not migrate it")
	}
	if d.nested && !c.needs.NestedTables {
		c.warn(t, "", "oracle-validate-more-than-one-nesting-table-level", allowNestedTables,
			"this is the storage of a nested table: DMS loads it only with allowSelectNestedTables and together with the outer table, and "+
				"only one level of nesting")
	}
	if d.hybrid {
		c.fail(t, "", "oracle-validate-hybrid-partitioned-tables", c.asView(t),
			"some partitions of this table are external (a hybrid partitioned table): DMS does not support that")
	}
	switch {
	case d.hybrid:
	case d.external && c.needs.CDC:
		c.fail(t, "", "oralake-external-table", toFullLoad, "this is an external table: its changes are not in the redo log")
	case d.external:
		c.warn(t, "", "oralake-external-table", throughView(t),
			"this is an external table: the DMS guide does not list such tables, and what DMS does with it is not known")
	case d.queue:
		c.warn(t, "", "oralake-queue-table", removeTable,
			"this is the table of a queue: the DMS guide does not list such tables, and DMS does not read messages of user-defined types")
	}
	if c.needs.CDC {
		c.checkFollowedKind(t, d)
	}
}

// checkFollowedKind reports kinds of tables whose changes DMS follows badly or not at all.
func (c *checker) checkFollowedKind(t Table, d *tableInfo) {
	switch byRowid := d.hasColumn(func(x column) bool { return x.name == rowidColumn || x.kind == "ROWID" }); {
	case d.materialized && byRowid:
		c.fail(t, "", "oracle-validate-rowid-based-materialized-views", toFullLoad,
			"this is a materialized view with ROWID: DMS does not follow it")
	case d.materialized:
		c.warn(t, "", "oralake-materialized-view", toFullLoad,
			"this is a materialized view: a complete refresh becomes a delete and an insert of every row")
	}
	if period := d.hasColumn(column.period); period {
		c.warn(t, "", "oralake-temporal-validity", toFullLoad,
			"the table has a hidden virtual number, as temporal validity (PERIOD FOR) has: DMS does not follow such tables")
	}
	if d.hasColumn(func(x column) bool { return x.hidden && strings.HasPrefix(x.name, chainPrefix) }) {
		c.warn(t, "", "oralake-blockchain-table", toFullLoad,
			"this is a blockchain table or an immutable table: the DMS guide does not list such tables, and what DMS does with their changes is "+
				"not known")
	}
	if d.unlogged && c.known.read && c.known.forced != "YES" && !d.external && !d.temporary {
		c.warn(t, "", "oralake-nologging", logging(t),
			"the table has NOLOGGING: rows that are loaded by the direct path are not in the redo log, and DMS misses them")
	}
}

// checkVisibleRows reports what hides rows from DMS, which then loads only some of the rows.
func (c *checker) checkVisibleRows(t Table, d *tableInfo) {
	if len(d.policies) > 0 && !c.has(exemption) && t.Schema != c.fixes.user {
		c.warn(t, "", "oralake-row-policy", c.fixes.allRows(),
			"the policy %s may hide rows (Virtual Private Database): DMS loads only the rows that user %s sees", list(d.policies), c.fixes.name())
	}
	if d.hasColumn(func(x column) bool { return x.hidden && x.name == archiveState }) {
		c.warn(t, "", "oralake-archived-rows", c.fixes.archivedRows(),
			"the table has In-Database Archiving (ROW ARCHIVAL): a load reads only the rows that are not archived")
	}
}

// has reports whether the user has a system privilege.
func (c *checker) has(privilege string) bool {
	for _, p := range c.granted.privileges {
		if p == privilege {
			return true
		}
	}
	return false
}

// checkConstraints reports what makes a row of a table hard to identify.
func (c *checker) checkConstraints(t Table, d *tableInfo) {
	if c.lost[queryKeys.name] || c.lost[queryIndexColumns.name] || c.lost[queryColumns.name] {
		return
	}
	var always, sometimes []string
	var fixes []string
	for _, x := range d.deferrable {
		if !x.always {
			sometimes = append(sometimes, x.name)
			continue
		}
		always, fixes = append(always, x.name), append(fixes, immediate(t, x.name))
	}
	const name = "oralake-deferred-constraint"
	if len(always) > 0 {
		c.warn(t, "", name, strings.Join(fixes, " "), "the constraints %s are checked at the end of a transaction only: DMS does not support that",
			list(always))
	}
	if len(sometimes) > 0 {
		c.found(Note, t, "", name, "", "a transaction can break the constraints %s until its end (SET CONSTRAINTS): DMS does not support that",
			list(sometimes))
	}
	if len(d.primary) > 0 {
		return
	}
	var nullable []string
	for _, key := range d.rowKey() {
		if col, ok := d.column(key); ok && col.nullable {
			nullable = append(nullable, key)
		}
	}
	if len(nullable) > 0 {
		c.warn(t, list(nullable), "oralake-nullable-key", notNull(t, nullable),
			"the table has no primary key, and a column of its unique index may be null: a reader of the lake cannot tell which row an update "+
				"changed, if it is")
	}
}
