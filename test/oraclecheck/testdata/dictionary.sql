-- The columns of Oracle's views that the check reads, with the rows of a database that is ready for CDC.

CREATE TABLE dual (dummy); INSERT INTO dual VALUES ('X');
CREATE TABLE userenv (name, value);
INSERT INTO userenv VALUES ('SESSION_USER', 'DMS'), ('CON_NAME', 'ORCLPDB1');
CREATE TABLE product_component_version (product, version);
INSERT INTO product_component_version VALUES ('Oracle Database', '19.0.0.0.0'), ('PL/SQL', '19.0.0.0.0');

CREATE TABLE v$database (log_mode, supplemental_log_data_min, supplemental_log_data_pk, supplemental_log_data_all,
  cdb, open_mode, database_role, current_scn);
INSERT INTO v$database VALUES ('ARCHIVELOG', 'YES', 'NO', 'NO', 'YES', 'READ WRITE', 'PRIMARY', 5000);

CREATE TABLE v$archived_log (dest_id, first_time, deleted, status, standby_dest);
INSERT INTO v$archived_log VALUES (1, JULIANDAY('now', '-30 hours'), 'NO', 'A', 'NO'),
  (1, JULIANDAY('now', '-2 hours'), 'NO', 'A', 'NO');
CREATE TABLE gv$transaction (start_scn);

CREATE TABLE session_privs (privilege);
INSERT INTO session_privs VALUES ('CREATE SESSION'), ('SELECT ANY TRANSACTION'), ('LOGMINING'), ('CREATE ANY DIRECTORY');
CREATE TABLE session_roles (role);
CREATE TABLE all_directories (directory_name);
CREATE TABLE all_users (username); INSERT INTO all_users VALUES ('SYS'), ('SALES'), ('DMS');

CREATE TABLE all_tab_privs (grantee, table_schema, table_name, privilege);
INSERT INTO all_tab_privs VALUES ('DMS', 'SYS', 'DBMS_LOGMNR', 'EXECUTE'), ('DMS', 'RDSADMIN', 'RDSADMIN_UTIL', 'EXECUTE');

-- Views and tables that the user may read, and of which the check reads no row.
CREATE TABLE v$database_incarnation (x); CREATE TABLE v$standby_log (x); CREATE TABLE v$dataguard_stats (x);
CREATE TABLE v$transportable_platform (x); CREATE TABLE sys_enc$ (x); CREATE TABLE sys_registry$sqlpatch (x);
CREATE TABLE v$thread (enabled); INSERT INTO v$thread VALUES ('PUBLIC'); CREATE TABLE v$parameter (x); CREATE TABLE v$nls_parameters (x);
CREATE TABLE v$timezone_names (x); CREATE TABLE v$containers (x); CREATE TABLE v$log (x); CREATE TABLE v$logfile (member); INSERT INTO v$logfile VALUES ('/u01/redo01.log');
CREATE TABLE v$transaction (x); CREATE TABLE v$logmnr_logs (x); CREATE TABLE v$logmnr_contents (x);
CREATE TABLE all_objects (x); CREATE TABLE all_catalog (x); CREATE TABLE all_cons_columns (x);
CREATE TABLE all_encrypted_columns (x); CREATE TABLE all_tab_partitions (table_owner, table_name, partition_name, compress_for); CREATE TABLE dba_registry (x);
CREATE TABLE dba_tablespaces (encrypted); INSERT INTO dba_tablespaces VALUES ('NO'); CREATE TABLE dba_directories (x); CREATE TABLE sys_obj$ (x);

CREATE TABLE all_tables (owner, table_name, temporary, iot_type, iot_name, nested, cluster_name, partitioned,
  compress_for, num_rows, avg_row_len);
CREATE TABLE all_views (owner, view_name);
CREATE TABLE all_tab_cols (owner, table_name, column_name, internal_column_id, data_type, data_type_owner,
  data_precision, data_scale, nullable, num_distinct, virtual_column, hidden_column, data_length);
CREATE TABLE all_lobs (owner, table_name, column_name, securefile);
CREATE TABLE all_log_groups (owner, table_name, log_group_type);
CREATE TABLE all_constraints (owner, table_name, constraint_name, constraint_type, status, index_owner, index_name);
CREATE TABLE all_indexes (owner, index_name, table_owner, table_name, uniqueness, index_type, status);
CREATE TABLE all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position);
CREATE TABLE dba_segments (owner, segment_name, segment_type, bytes);
