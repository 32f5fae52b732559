package oracle

// query is a statement of the catalogue. In its text, {OWNER, TABLE} is replaced by the condition that selects the job's tables by
// these two columns, {OWNER, *} by the one that selects their schemas, and {tables} by a text that depends on the job's tables.
type query struct {
	name string
	text string
	// objects are the objects that the statement reads, by their names for a GRANT: V_$DATABASE and not the synonym
	// V$DATABASE. Views that are granted to PUBLIC by default are not listed.
	objects []string
	loses   string  // what is not known when the statement fails
	newer   []newer // the columns that not every release has
}

// newer is a column that a view has since a release.
type newer struct {
	column  string // as the text has it
	since   release
	instead string // what an older release is asked for
}

// The catalogue. All of it reads; TestCatalogueReads sees to that. Views whose names begin with ALL_ show what the user
// may see, and are tableInfo in the Oracle Database Reference, as are the V$ views.
var (
	// The first statement reads only views that every user may read.
	querySession = query{
		name: "session",
		text: `SELECT 'user' AS kind, SYS_CONTEXT('USERENV', 'SESSION_USER') AS name FROM dual
UNION ALL SELECT 'container', SYS_CONTEXT('USERENV', 'CON_NAME') FROM dual` + sessionRights,
		loses: "the database",
	}
	// Before Oracle 12c SYS_CONTEXT has no CON_NAME, and fails with ORA-02003.
	querySession11 = query{
		name:  "session of 11g",
		text:  `SELECT 'user' AS kind, SYS_CONTEXT('USERENV', 'SESSION_USER') AS name FROM dual` + sessionRights,
		loses: "the database",
	}
	queryDatabase = query{
		name: "database",
		text: `SELECT log_mode, supplemental_log_data_min, supplemental_log_data_pk, supplemental_log_data_all,
  cdb, open_mode, database_role, force_logging, current_scn FROM v$database`,
		objects: []string{"V_$DATABASE"},
		loses:   "archive log mode, supplemental logging, and whether this is a container or a standby database",
	}
	// V$DATABASE has no column CDB before Oracle 12c.
	queryDatabase11 = query{
		name: "database of 11g",
		text: `SELECT log_mode, supplemental_log_data_min, supplemental_log_data_pk, supplemental_log_data_all,
  'NO', open_mode, database_role, force_logging, current_scn FROM v$database`,
		objects: []string{"V_$DATABASE"},
		loses:   queryDatabase.loses,
	}
	// A UNION ALL of redoBranches and settingBranches.
	queryRedoLog = query{name: "redo log", text: `{tables}`, loses: "how the redo log is kept"}
	// A transaction that has written no redo yet has the START_SCN 0, and would hide the others.
	queryTransactions = query{
		name:    "transactions",
		text:    `SELECT MIN(start_scn), (SYSDATE - MIN(start_date)) * 24 FROM gv$transaction WHERE start_scn > 0`,
		objects: []string{"GV_$TRANSACTION"},
		loses:   "the oldest open transaction, at which a cdc job that starts now must begin",
	}
	// An overflow segment has its own row, with the name of its table in IOT_NAME.
	queryTables = query{
		name: "tables",
		text: `SELECT owner, table_name, temporary, iot_type, iot_name, nested, cluster_name, partitioned, compress_for,
  num_rows, avg_row_len, logging, hybrid FROM all_tables WHERE {owner, COALESCE(iot_name, table_name)}`,
		newer: []newer{{column: "hybrid", since: release{19, 0}, instead: "'NO'"}},
		loses: "whether the tables exist",
	}
	// The statement of Discover. An overflow segment names its table in IOT_NAME.
	querySchema = query{
		name:  "tables of a schema",
		text:  `SELECT owner, table_name FROM all_tables WHERE temporary = 'N' AND nested = 'NO' AND iot_name IS NULL AND {owner, *}`,
		loses: "which tables the schema has",
	}
	// Only for names that are not in ALL_TABLES, which has no views and no object tables.
	queryObjects = query{
		name: "objects",
		text: `SELECT owner, object_name, object_type FROM all_objects
  WHERE object_type NOT IN ('TABLE PARTITION', 'TABLE SUBPARTITION') AND {owner, object_name}`,
		loses: "which of the tables are views",
	}
	// ALL_TAB_PRIVS shows the grants to the user, to the user's enabled roles and to PUBLIC.
	queryTablePrivileges = query{
		name: "table privileges",
		text: `SELECT table_schema, table_name, privilege FROM all_tab_privs
  WHERE privilege IN ('SELECT', 'READ', 'FLASHBACK') AND {table_schema, table_name}`,
		loses: "which tables the user may read, also as they were",
	}
	queryColumns = query{
		name: "columns",
		text: `SELECT owner, table_name, column_name, data_type, data_type_owner, data_length, data_precision, data_scale,
  nullable, num_distinct, virtual_column, hidden_column
FROM all_tab_cols WHERE {owner, table_name} ORDER BY owner, table_name, internal_column_id`,
		loses: "the columns and their types",
	}
	// What else there is about tables, each in a view of its own.
	queryKinds = query{
		name: "kinds of tables",
		text: `SELECT 'LOB' AS kind, owner, table_name, column_name AS name, securefile AS state FROM all_lobs WHERE {owner, table_name}
UNION ALL SELECT 'materialized view', owner, mview_name, NULL, NULL FROM all_mviews WHERE {owner, mview_name}
UNION ALL SELECT 'external table', owner, table_name, NULL, NULL FROM all_external_tables WHERE {owner, table_name}
UNION ALL SELECT 'queue table', owner, queue_table, NULL, NULL FROM all_queue_tables WHERE {owner, queue_table}
UNION ALL SELECT 'policy', object_owner, object_name, policy_name, NULL FROM all_policies
  WHERE sel = 'YES' AND enable = 'YES' AND {object_owner, object_name}`,
		loses: "how the LOBs are stored, which tables are external tables, queue tables or materialized views, and which have policies",
	}
	queryLogGroups = query{
		name:  "log groups",
		text:  `SELECT owner, table_name, log_group_type FROM all_log_groups WHERE {owner, table_name}`,
		loses: "supplemental logging of the tables",
	}
	// An enabled primary key has an index, and queryIndexColumns reads the columns of both. So no statement joins two views,
	// which takes minutes on a large dictionary.
	queryKeys = query{
		name: "keys",
		text: `SELECT CASE constraint_type WHEN 'P' THEN 'key' ELSE 'constraint' END AS kind, owner, table_name, index_owner, index_name,
  constraint_name AS name, CASE "DEFERRABLE" WHEN 'DEFERRABLE' THEN deferred END AS state FROM all_constraints
  WHERE (constraint_type = 'P' OR "DEFERRABLE" = 'DEFERRABLE') AND status = 'ENABLED' AND {owner, table_name}
UNION ALL SELECT uniqueness, table_owner, table_name, owner, index_name, index_type, compression FROM all_indexes
  WHERE status IN ('VALID', 'N/A') AND index_type IN ('NORMAL', 'IOT - TOP') AND {table_owner, table_name}`,
		loses: "the primary keys and the indexes",
	}
	queryIndexColumns = query{
		name: "columns of indexes",
		text: `SELECT table_owner, table_name, index_owner, index_name, column_name, column_position FROM all_ind_columns
  WHERE {table_owner, table_name}`,
		loses: "the columns of the primary keys and of the indexes",
	}
	querySegments = query{
		name: "segments",
		text: `SELECT owner, segment_name, SUM(bytes), COUNT(*), SUM(blocks) FROM dba_segments
WHERE segment_type LIKE 'TABLE%' AND {owner, segment_name} GROUP BY owner, segment_name`,
		objects: []string{"DBA_SEGMENTS"},
		loses:   "how large the tables are; the check uses their statistics instead",
	}
	queryPartitions = query{
		name:  "partitions",
		text:  `SELECT table_owner, table_name, partition_name, compress_for FROM all_tab_partitions WHERE {table_owner, table_name}`,
		loses: "the partitions of the tables, and how they are compressed",
	}
	queryProbe    = query{name: "probe", text: `{tables}`, loses: "which views and tables the user may read"}
	queryLOBSizes = query{name: "LOB sizes", text: `{tables}`, loses: "how long the LOBs are"}
	queryTiles    = query{name: "key ranges", text: `{tables}`, loses: "the distribution of the keys of large tables"}

	// The statement of ReadArchivedRedo.
	queryArchivedRedo = query{
		name: "archived redo", text: unionAll(texts(archivedRedoBranches)), loses: "how far back DMS can read the redo log",
	}

	// The statements of CurrentSCN and Verify.
	querySCN     = query{name: "SCN", text: `SELECT current_scn FROM v$database`, loses: "the database's SCN"}
	queryCount   = query{name: "row count", text: `{tables}`, loses: "how many rows a table has"}
	queryChanges = query{name: "changed rows", text: `{tables}`, loses: "whether rows of a table changed"}

	// A check runs at most 15 statements for any number of tables: each of these at most once, but of each pair (such as
	// querySession and querySession11) only one. One more reads partitions, if the file names some or Binary Reader follows a
	// partitioned table, and one more reads views, if a name is not that of a table. A statement that Oracle refuses because of
	// one of its branches is repeated without it.
	catalogue = []query{
		querySession, querySession11, queryDatabase, queryDatabase11, queryRedoLog, queryTransactions, queryProbe,
		querySchema, queryTables, queryObjects, queryTablePrivileges, queryColumns, queryKinds, queryLogGroups, queryKeys, queryIndexColumns,
		querySegments, queryPartitions, queryLOBSizes, queryTiles, querySCN, queryCount, queryChanges,
		queryArchivedRedo,
	}
)

// sessionRights are the branches of querySession that every release has.
const sessionRights = `
UNION ALL SELECT 'version', MAX(version) FROM product_component_version
UNION ALL SELECT 'product', product FROM product_component_version WHERE product LIKE 'Oracle%'
UNION ALL SELECT 'privilege', privilege FROM session_privs
UNION ALL SELECT 'role', role FROM session_roles
UNION ALL SELECT 'directory', directory_name FROM all_directories WHERE directory_name LIKE '%LOG_DIR%'
UNION ALL SELECT 'execute', table_name FROM all_tab_privs
  WHERE table_schema IN ('SYS', 'RDSADMIN') AND table_name IN ('DBMS_LOGMNR', 'RDSADMIN_UTIL') AND privilege = 'EXECUTE'
UNION ALL SELECT 'known user', username FROM all_users WHERE username IN ('RDSADMIN', 'C##CLOUD$SERVICE')
UNION ALL SELECT 'limit', resource_name || '=' || "LIMIT" FROM user_resource_limits WHERE "LIMIT" <> 'UNLIMITED'
UNION ALL SELECT 'link', db_link FROM all_db_links WHERE db_link LIKE 'AWSDMS_DBLINK%'`
