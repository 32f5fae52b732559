package oracle

// query is a statement of the catalogue. In its text, {where} is replaced by the condition that selects the job's tables by
// the columns owner and table, and {tables} by a text that depends on the job's tables.
type query struct {
	name string
	text string
	// objects are the objects that the statement reads, by their names for a GRANT: V_$DATABASE and not the synonym
	// V$DATABASE. Views that are granted to PUBLIC by default are not listed.
	objects      []string
	owner, table string
	loses        string // what is not known when the statement fails
}

// The catalogue. All of it reads; TestCatalogueReads sees to that. Views whose names begin with ALL_ show what the user
// may see, and are tableInfo in the Oracle Database Reference, as are the V$ views.
var (
	querySession = query{
		name: "session",
		text: `SELECT SYS_CONTEXT('USERENV', 'SESSION_USER'), SYS_CONTEXT('USERENV', 'CON_NAME'),
  (SELECT MAX(version) FROM product_component_version) FROM dual`,
		loses: "the database",
	}
	// Before Oracle 12c SYS_CONTEXT has no CON_NAME, and fails with ORA-02003.
	querySession11 = query{
		name: "session",
		text: `SELECT SYS_CONTEXT('USERENV', 'SESSION_USER'), NULL,
  (SELECT MAX(version) FROM product_component_version) FROM dual`,
		loses: "the database",
	}
	queryDatabase = query{
		name: "database",
		text: `SELECT log_mode, supplemental_log_data_min, supplemental_log_data_pk, supplemental_log_data_all,
  cdb, open_mode, database_role, current_scn FROM v$database`,
		objects: []string{"V_$DATABASE"},
		loses:   "archive log mode, supplemental logging, and whether this is a container or a standby database",
	}
	// V$DATABASE has no column CDB before Oracle 12c.
	queryDatabase11 = query{
		name: "database",
		text: `SELECT log_mode, supplemental_log_data_min, supplemental_log_data_pk, supplemental_log_data_all,
  'NO', open_mode, database_role, current_scn FROM v$database`,
		objects: []string{"V_$DATABASE"},
		loses:   queryDatabase.loses,
	}
	// The statement ignores copies at a standby: they are on another machine, and Oracle never marks them as deleted.
	queryArchivedLogs = query{
		name: "archived logs",
		text: `SELECT dest_id, (SYSDATE - MIN(first_time)) * 24 FROM v$archived_log
  WHERE deleted = 'NO' AND status = 'A' AND standby_dest = 'NO' GROUP BY dest_id`,
		objects: []string{"V_$ARCHIVED_LOG"},
		loses:   "how long archived redo logs are kept",
	}
	queryTransactions = query{
		name:    "transactions",
		text:    `SELECT MIN(start_scn) FROM gv$transaction`,
		objects: []string{"GV_$TRANSACTION"},
		loses:   "the oldest open transaction",
	}
	// ALL_OBJECTS shows an object only to users who have a privilege on it.
	queryPrivileges = query{
		name: "privileges",
		text: `SELECT 'privilege', privilege FROM session_privs
UNION ALL SELECT 'role', role FROM session_roles
UNION ALL SELECT 'object', object_name FROM all_objects WHERE owner = 'SYS' AND object_name IN ({tables})
UNION ALL SELECT 'directory', directory_name FROM all_directories WHERE directory_name LIKE '%LOG_DIR%'
UNION ALL SELECT 'user', username FROM all_users WHERE username = 'RDSADMIN'`,
		loses: "the user's privileges",
	}
	// An overflow segment has its own row, with the name of its table in IOT_NAME.
	queryTables = query{
		name: "tables",
		text: `SELECT owner, table_name, temporary, iot_type, iot_name, nested, cluster_name, partitioned, compress_for,
  num_rows, avg_row_len FROM all_tables WHERE {where}`,
		owner: "owner", table: "COALESCE(iot_name, table_name)",
		loses: "whether the tables exist",
	}
	queryColumns = query{
		name: "columns",
		text: `SELECT c.owner, c.table_name, c.column_name, c.data_type, c.data_type_owner, c.data_length, c.data_precision, c.data_scale,
  c.nullable, c.num_distinct, c.virtual_column, c.hidden_column, l.securefile
FROM all_tab_cols c
LEFT JOIN all_lobs l ON l.owner = c.owner AND l.table_name = c.table_name AND l.column_name = c.column_name
WHERE {where} ORDER BY c.owner, c.table_name, c.internal_column_id`,
		owner: "c.owner", table: "c.table_name",
		loses: "the columns and their types",
	}
	queryLogGroups = query{
		name:  "log groups",
		text:  `SELECT owner, table_name, log_group_type FROM all_log_groups WHERE {where}`,
		owner: "owner", table: "table_name",
		loses: "supplemental logging of the tables",
	}
	queryKeys = query{
		name: "keys",
		text: `SELECT c.owner, c.table_name, c.constraint_name, cc.column_name, cc.position
FROM all_constraints c
JOIN all_cons_columns cc ON cc.owner = c.owner AND cc.constraint_name = c.constraint_name
WHERE c.constraint_type = 'P' AND c.status = 'ENABLED' AND {where}`,
		owner: "c.owner", table: "c.table_name",
		loses: "the primary keys",
	}
	queryIndexes = query{
		name: "indexes",
		text: `SELECT i.table_owner, i.table_name, i.index_name, i.uniqueness, ic.column_name, ic.column_position
FROM all_indexes i
JOIN all_ind_columns ic ON ic.index_owner = i.owner AND ic.index_name = i.index_name
WHERE i.status IN ('VALID', 'N/A') AND i.index_type IN ('NORMAL', 'IOT - TOP') AND {where}`,
		owner: "i.table_owner", table: "i.table_name",
		loses: "the indexes",
	}
	querySegments = query{
		name: "segments",
		text: `SELECT owner, segment_name, SUM(bytes) FROM dba_segments
WHERE segment_type LIKE 'TABLE%' AND {where} GROUP BY owner, segment_name`,
		objects: []string{"DBA_SEGMENTS"},
		owner:   "owner", table: "segment_name",
		loses: "how large the tables are; the check uses their statistics instead",
	}
	queryProbe = query{name: "probe", text: `{tables}`, loses: "which views the user may read"}
	queryLOBs  = query{name: "LOB sizes", text: `{tables}`, loses: "how long the LOBs are"}
	queryTiles = query{name: "key ranges", text: `{tables}`, loses: "the distribution of the keys of large tables"}

	// A check runs at most 15 statements: all of these, but of each pair (such as querySession and querySession11) it needs
	// only one.
	catalogue = []query{
		querySession, querySession11, queryDatabase, queryDatabase11, queryArchivedLogs, queryTransactions,
		queryPrivileges, queryTables, queryColumns, queryLogGroups, queryKeys, queryIndexes, querySegments, queryProbe,
		queryLOBs, queryTiles,
	}
)
