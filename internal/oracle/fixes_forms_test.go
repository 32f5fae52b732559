package oracle

// form is a form of statements or commands that the DMS guide or Oracle's reference documents.
type form struct {
	pattern, page string
	root          bool // it is for the whole database: CDB$ROOT has it
	notRDS, onRDS bool // no user of Amazon RDS may run it; only Amazon RDS has it
	changes       bool // a standby does not take it
}

const (
	sqlReference = "https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/"
	guide        = "https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.Oracle.html#CHAP_Source.Oracle."
	rdsGuide     = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
	rdsCommands  = "https://docs.aws.amazon.com/cli/latest/reference/rds/"
	tableName    = `"[^"]+"\."[^"]+"`
	plain        = `(?:"[^"]+"|[A-Za-z][\w$#]*)`
)

var forms = []form{
	{pattern: `GRANT (?:SELECT|EXECUTE) ON SYS\.[\w$]+ TO ` + plain + `;`, page: guide + "Self-Managed.Privileges", notRDS: true, changes: true},
	{pattern: `GRANT SELECT ON DBA_TABLESPACES TO ` + plain + `;`, page: guide + "Amazon-Managed.Privileges", onRDS: true, changes: true},
	{pattern: `GRANT EXECUTE ON RDSADMIN\.RDSADMIN_UTIL TO ` + plain + `;`, page: guide + "Amazon-Managed.Privileges", onRDS: true, changes: true},
	{pattern: `exec rdsadmin\.rdsadmin_util\.grant_sys_object\('[\w$]+', '\w+', '(?:SELECT|EXECUTE)'\);`, page: guide + "Amazon-Managed.Privileges", onRDS: true, changes: true},
	{pattern: `GRANT (?:SELECT|FLASHBACK) ON ` + tableName + ` TO ` + plain + `;`, page: sqlReference + "GRANT.html", changes: true},
	{pattern: `GRANT (?:CREATE SESSION|SELECT ANY TRANSACTION|LOGMINING|EXEMPT ACCESS POLICY) TO ` + plain + `;`, page: sqlReference + "GRANT.html", changes: true},
	{pattern: `GRANT CREATE ANY DIRECTORY TO ` + plain + `;`, page: guide + "Self-Managed.BinaryReaderPrivileges", notRDS: true, changes: true},
	{pattern: `exec rdsadmin\.rdsadmin_master_util\.create_(?:archive|online)log_dir;`, page: guide + "Amazon-Managed.CDC", onRDS: true, changes: true},
	{pattern: `GRANT READ ON DIRECTORY (?:ARCHIVE|ONLINE)LOG_DIR TO ` + plain + `;`, page: guide + "Amazon-Managed.CDC", onRDS: true, changes: true},
	{pattern: `exec rdsadmin\.rdsadmin_util\.alter_supplemental_logging\('ADD'\);`, page: guide + "Amazon-Managed.Configuration", onRDS: true, changes: true},
	{pattern: `exec rdsadmin\.rdsadmin_util\.set_configuration\('archivelog retention hours',\d+\); commit;`, page: guide + "Amazon-Managed.Configuration", onRDS: true},
	{pattern: `ALTER SESSION SET CONTAINER = CDB\$ROOT;`, page: sqlReference + "ALTER-SESSION.html", notRDS: true},
	{pattern: `SHUTDOWN IMMEDIATE; STARTUP MOUNT; ALTER DATABASE ARCHIVELOG; ALTER DATABASE OPEN;`, page: "https://docs.oracle.com/en/database/oracle/oracle-database/19/admin/managing-archived-redo-log-files.html", root: true, notRDS: true},
	{pattern: `ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;`, page: guide + "Self-Managed.Configuration", root: true, notRDS: true, changes: true},
	{pattern: `ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION;`, page: sqlReference + "ALTER-DATABASE.html", root: true, notRDS: true},
	{pattern: `ALTER SYSTEM SET ADG_REDIRECT_DML = FALSE;`, page: "https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/ADG_REDIRECT_DML.html", root: true, notRDS: true},
	{pattern: `ALTER DATABASE OPEN;`, page: sqlReference + "ALTER-DATABASE.html"},
	{pattern: `ALTER PLUGGABLE DATABASE name OPEN;`, page: sqlReference + "ALTER-PLUGGABLE-DATABASE.html"},
	{pattern: `aws rds modify-db-instance --db-instance-identifier NAME --backup-retention-period 1 --apply-immediately`, page: rdsCommands + "modify-db-instance.html", onRDS: true},
	{pattern: `aws rds modify-db-instance --db-instance-identifier NAME --replica-mode open-read-only --apply-immediately`, page: rdsCommands + "modify-db-instance.html", onRDS: true},
	{pattern: `aws rds modify-db-parameter-group --db-parameter-group-name NAME --parameters ParameterName=\w+,ParameterValue=\w+,ApplyMethod=immediate`, page: rdsCommands + "modify-db-parameter-group.html", onRDS: true},
	{pattern: `RMAN> DELETE ARCHIVELOG ALL COMPLETED BEFORE 'SYSDATE-\d+';`, page: "https://docs.oracle.com/en/database/oracle/oracle-database/19/rcmrf/DELETE.html", notRDS: true},
	{pattern: `CREATE PROFILE DMS_UNLIMITED LIMIT (?:\w+ UNLIMITED ?)+; ALTER USER ` + plain + ` PROFILE DMS_UNLIMITED;`, page: sqlReference + "CREATE-PROFILE.html", changes: true},
	{pattern: `CREATE PROFILE C##DMS_UNLIMITED LIMIT (?:\w+ UNLIMITED ?)+; ALTER USER C##\w+ PROFILE C##DMS_UNLIMITED;`, page: sqlReference + "CREATE-PROFILE.html", root: true, changes: true},
	{pattern: `CREATE PUBLIC DATABASE LINK AWSDMS_DBLINK CONNECT TO ` + plain + ` IDENTIFIED BY password USING '[^']+';`, page: guide + "Self-Managed.Privileges", changes: true},
	{pattern: `CREATE TRIGGER \w+ AFTER LOGON ON ` + plain + `\.SCHEMA BEGIN EXECUTE IMMEDIATE 'ALTER SESSION SET ROW ARCHIVAL VISIBILITY = ALL'; END;`, page: sqlReference + "ALTER-SESSION.html", changes: true},
	{pattern: `CREATE VIEW schema\.name AS SELECT (?:\*|columns) FROM ` + tableName + `;`, page: sqlReference + "CREATE-VIEW.html", changes: true},
	{pattern: `ALTER USER ` + plain + ` (?:IDENTIFIED BY \w+|ACCOUNT UNLOCK);`, page: sqlReference + "ALTER-USER.html", changes: true},
	{pattern: `ALTER TABLE ` + tableName + ` ADD SUPPLEMENTAL LOG DATA \(ALL\) COLUMNS;`, page: guide + "Self-Managed.Configuration", changes: true},
	{pattern: `ALTER TABLE ` + tableName + ` RENAME (?:COLUMN "[^"]+" )?TO name;`, page: sqlReference + "ALTER-TABLE.html", changes: true},
	{pattern: `ALTER TABLE ` + tableName + ` MODIFY \((?:"[^"]+" (?:NOT NULL|VISIBLE|CLOB|BLOB)(?:, )?)+\);`, page: sqlReference + "ALTER-TABLE.html", changes: true},
	{pattern: `ALTER TABLE ` + tableName + ` MODIFY CONSTRAINT "[^"]+" INITIALLY IMMEDIATE;`, page: sqlReference + "ALTER-TABLE.html", changes: true},
	{pattern: `ALTER TABLE ` + tableName + ` (?:LOGGING|MOVE NOCOMPRESS|MOVE LOB \("[^"]+"\) STORE AS BASICFILE);`, page: sqlReference + "ALTER-TABLE.html", changes: true},
	{pattern: `FLASHBACK TABLE ` + tableName + ` TO BEFORE DROP RENAME TO name;`, page: sqlReference + "FLASHBACK-TABLE.html", changes: true},
	{pattern: `EXEC DBMS_STATS\.GATHER_TABLE_STATS\('"[^"]+"', '"[^"]+"'\);`, page: "https://docs.oracle.com/en/database/oracle/oracle-database/19/arpls/DBMS_STATS.html", changes: true},
	{pattern: "`go run \\./lambda_layer -client ZIP`", page: "docs/operations.md"},
	{pattern: "`lsnrctl (?:services|status)`", page: "https://docs.oracle.com/en/database/oracle/oracle-database/19/netrf/Listener-Control-utility.html"},
	{pattern: "`orapki wallet add -wallet FOLDER -trusted_cert -cert FILE -auto_login_only`", page: guide + "SSL.Oracle"},
	{pattern: "`aws dms import-certificate`", page: "https://docs.aws.amazon.com/cli/latest/reference/dms/import-certificate.html"},
}

// acts are what a fix tells a person, besides keys of the file and statements.
var acts = []string{
	"at the primary: ", "and in the file ", "in the job that deletes archived logs: ", "end the transaction, or keep the logs for longer: ", "or, for a pluggable database, in CDB$ROOT ",
	"add a column to the key that is not a timestamp", "reload the table after each ADD, DROP, EXCHANGE or TRUNCATE PARTITION",
	"filter by another column", "filter by a column of the key", "list the tables of the view", "and the same in the secret",
	"write one of its columns: ID, PLACED", "write some of its partitions: P1, P2", "write a number, such as 12.5",
	"write a date as 2024-12-31 or 2024-12-31 23:59:59", "write the table or view for which it stands, as in ALL_SYNONYMS",
	"write the host of the primary or of a physical standby into the secret", "write the right username and password into the secret",
	"end some sessions, or raise SESSIONS, PROCESSES or the user's SESSIONS_PER_USER", "write the service name that", "shows: ",
	", the service name of the pluggable database that has the tables", ", for the longest transaction of the primary",
	", the smallest START_SCN above 0 in GV$TRANSACTION of the primary",
	"check that the function's security group allows the database's port, that the database's firewall and listener accept the connection, " +
		"and that the secret has the right host and port: that of TCPS for sslMode: verify-ca, that of TCP for none",
	"write the port of TCPS into the secret, which", "shows", "give the database a certificate that is valid now",
	"add the database's authority to the wallet", "make the wallet again, with -auto_login_only", "import the file cwallet.sso with",
	"import it with", "and write its ARN: ", "add the client's certificate and its key to the wallet, or set SSL_CLIENT_AUTHENTICATION = FALSE in the " +
		"database's sqlnet.ora and listener.ora", "allow TLS 1.2 and a cipher with AES at the database (SSL_VERSION, SSL_CIPHER_SUITES)",
	"make the layer from the Basic package of the client: ", "make the layer from an older client: 19 reaches databases from 11.2 on, 21 from 12.1 " +
		"on, 23 from 19 on", "make the layer again, ", "with the zip as Oracle delivers it", "and deploy again",
	"download Instant Client 19 or 23, make the layer from it", "download Instant Client, Basic Light, make the layer from it",
	"make the layer with libraries of Amazon Linux 2023", "make the layer from the client for arm64", "or give the file with -extra; then ",
	"install libaio1, on the machine that makes the layer", "or choose the driver that needs no client: ",
}
