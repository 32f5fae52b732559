-- The rows of the dictionary of a database that is ready for CDC. oracledictionary/views.txt has the columns, and what a row has of which
-- nothing is said here.

INSERT INTO dual (dummy) VALUES ('X');
INSERT INTO userenv (name, value) VALUES ('SESSION_USER', 'DMS'), ('CON_NAME', 'ORCLPDB1');
INSERT INTO product_component_version (product, version) VALUES ('Oracle Database 19c Enterprise Edition ', '19.0.0.0.0'), ('PL/SQL', '19.0.0.0.0');

INSERT INTO v$database (log_mode, supplemental_log_data_min, cdb, open_mode, database_role, current_scn) VALUES
  ('ARCHIVELOG', 'YES', 'YES', 'READ WRITE', 'PRIMARY', 5000);
INSERT INTO v$archived_log (dest_id, first_time, next_time) VALUES
  (1, JULIANDAY('now', '-30 hours'), JULIANDAY('now', '-2 hours')), (1, JULIANDAY('now', '-2 hours'), JULIANDAY('now', '-1 hours'));
INSERT INTO v$thread (enabled) VALUES ('PUBLIC');
INSERT INTO v$logfile (member) VALUES ('/u01/redo01.log');
INSERT INTO v$parameter (name, value) VALUES ('compatible', '19.0.0'), ('resource_limit', 'TRUE'), ('adg_redirect_dml', 'FALSE');
INSERT INTO v$containers (application_root, application_pdb) VALUES ('NO', 'NO');
INSERT INTO user_resource_limits (resource_name) VALUES ('COMPOSITE_LIMIT'), ('SESSIONS_PER_USER'), ('CPU_PER_SESSION'), ('CPU_PER_CALL'),
  ('LOGICAL_READS_PER_SESSION'), ('LOGICAL_READS_PER_CALL'), ('IDLE_TIME'), ('CONNECT_TIME'), ('PRIVATE_SGA');
INSERT INTO dba_users (username) VALUES ('SYS'), ('SALES'), ('DMS');
INSERT INTO dba_tablespaces (encrypted) VALUES ('NO');

INSERT INTO session_privs (privilege) VALUES
  ('CREATE SESSION'), ('SELECT ANY TRANSACTION'), ('LOGMINING'), ('CREATE ANY DIRECTORY');
INSERT INTO all_users (username) VALUES ('SYS'), ('SALES'), ('DMS');
INSERT INTO all_tab_privs (grantee, table_schema, table_name, privilege) VALUES
  ('DMS', 'SYS', 'DBMS_LOGMNR', 'EXECUTE'), ('DMS', 'RDSADMIN', 'RDSADMIN_UTIL', 'EXECUTE');
