package oraclecheck_test

import (
	"testing"

	"github.com/oralake/oralake/internal/oracle"
)

// primaryLink is the link of a standby to its primary.
const primaryLink = `INSERT INTO all_db_links (db_link) VALUES ('AWSDMS_DBLINK.EXAMPLE.COM');`

// The rows of the readiness table that concern the whole database.
func TestReadinessOfTheDatabase(t *testing.T) {
	run(t, map[string]readiness{
		"not archiving": {
			needs: following, broken: `UPDATE v$database SET log_mode = 'NOARCHIVELOG'`,
			want: oracle.Finding{
				Assessment: "oracle-check-archivelog-mode", Severity: oracle.Failed,
				Fix: "ALTER SESSION SET CONTAINER = CDB$ROOT; SHUTDOWN IMMEDIATE; STARTUP MOUNT; ALTER DATABASE ARCHIVELOG; ALTER DATABASE OPEN;",
			},
			text: "NOARCHIVELOG",
		},
		"not archiving on RDS": {
			needs: following, before: `INSERT INTO all_users (username) VALUES ('RDSADMIN')`,
			broken: `UPDATE v$database SET log_mode = 'NOARCHIVELOG'`,
			want: oracle.Finding{
				Assessment: "oracle-check-archivelog-mode", Severity: oracle.Failed,
				Fix: "aws rds modify-db-instance --db-instance-identifier NAME --backup-retention-period 1 --apply-immediately",
			},
		},
		"no supplemental logging": {
			needs: following, broken: `UPDATE v$database SET supplemental_log_data_min = 'NO'`,
			want: oracle.Finding{
				Assessment: "oracle-supplemental-db-level", Severity: oracle.Failed,
				Fix: "ALTER SESSION SET CONTAINER = CDB$ROOT; ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;",
			},
		},
		"no supplemental logging without containers": {
			needs: mining, before: notPluggable, broken: `UPDATE v$database SET supplemental_log_data_min = 'NO'`,
			want: oracle.Finding{
				Assessment: "oracle-supplemental-db-level", Severity: oracle.Failed, Fix: "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;",
			},
		},
		"no supplemental logging on RDS": {
			needs: following, before: `INSERT INTO all_users (username) VALUES ('RDSADMIN')`,
			broken: `UPDATE v$database SET supplemental_log_data_min = 'NO'`,
			want: oracle.Finding{
				Assessment: "oracle-supplemental-db-level", Severity: oracle.Failed,
				Fix: "exec rdsadmin.rdsadmin_util.alter_supplemental_logging('ADD');",
			},
		},
		"root of a container database": {
			needs: following, broken: `UPDATE userenv SET value = 'CDB$ROOT' WHERE name = 'CON_NAME'`,
			want: oracle.Finding{
				Assessment: "oracle-validate-cdb", Severity: oracle.Failed,
				Fix: "source: {database: NAME}, the service name of the pluggable database that has the tables",
			},
		},
		"pluggable database with LogMiner": {
			needs: mining, before: notPluggable,
			broken: `UPDATE v$database SET cdb = 'YES'`,
			want: oracle.Finding{
				Assessment: "oracle-check-pdb-enabled", Severity: oracle.Failed, Fix: "source: {capture: binary-reader}",
			},
		},
		"standby with LogMiner": {
			needs: mining, before: notPluggable + primaryLink,
			broken: `UPDATE v$database SET database_role = 'PHYSICAL STANDBY', open_mode = 'READ ONLY WITH APPLY'`,
			want: oracle.Finding{
				Assessment: "oracle-check-standby-db", Severity: oracle.Failed, Fix: "source: {capture: binary-reader}",
			},
		},
		"standby that does not apply": {
			needs: following, before: primaryLink,
			broken: `UPDATE v$database SET database_role = 'PHYSICAL STANDBY', open_mode = 'READ ONLY'`,
			want: oracle.Finding{
				Assessment: "oracle-check-physical-standby-with-apply", Severity: oracle.Failed,
				Fix: "ALTER SESSION SET CONTAINER = CDB$ROOT; ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION;",
			},
		},
		"archived logs kept an hour": {
			needs: following, broken: `DELETE FROM v$archived_log WHERE first_time < JULIANDAY('now', '-1 days')`,
			want: oracle.Finding{
				Assessment: "oracle-check-archivelog-retention-rds", Severity: oracle.Warning,
				Fix: "in the job that deletes archived logs: RMAN> DELETE ARCHIVELOG ALL COMPLETED BEFORE 'SYSDATE-1';",
			},
			text: "2.0 hours old",
		},
		"no archived logs on RDS": {
			needs: following, before: `INSERT INTO all_users (username) VALUES ('RDSADMIN')`,
			broken: `UPDATE v$archived_log SET deleted = 'YES'`,
			want: oracle.Finding{
				Assessment: "oracle-check-archivelog-retention-rds", Severity: oracle.Warning,
				Fix: "exec rdsadmin.rdsadmin_util.set_configuration('archivelog retention hours',24); commit;",
			},
		},
		"view not granted": {
			needs: following, broken: `DROP TABLE v$logfile`,
			want: oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Failed,
				Fix: "GRANT SELECT ON SYS.V_$LOGFILE TO DMS;",
			},
		},
		"view not granted on RDS": {
			needs: oracle.Needs{FullLoad: true}, before: `INSERT INTO all_users (username) VALUES ('RDSADMIN')`,
			broken: `DROP TABLE sys_obj$`,
			want: oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Warning,
				Fix: "exec rdsadmin.rdsadmin_util.grant_sys_object('OBJ$', 'DMS', 'SELECT');",
			},
		},
		"package not granted": {
			needs: mining, before: notPluggable, broken: `DELETE FROM all_tab_privs WHERE table_name = 'DBMS_LOGMNR'`,
			want: oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Failed,
				Fix: "GRANT EXECUTE ON SYS.DBMS_LOGMNR TO DMS;",
			},
		},
		"no LOGMINING": {
			needs: mining, before: notPluggable, broken: `DELETE FROM session_privs WHERE privilege = 'LOGMINING'`,
			want: oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Failed, Fix: "GRANT LOGMINING TO DMS;",
			},
		},
		"no SELECT ANY TRANSACTION": {
			needs: following, broken: `DELETE FROM session_privs WHERE privilege = 'SELECT ANY TRANSACTION'`,
			want: oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Failed,
				Fix: "GRANT SELECT ANY TRANSACTION TO DMS;",
			},
		},
	})
}
