-- SALES.LINEITEM: 5 GB according to its segments, 640 rows here, a LOB, and a column that DMS cannot read.

INSERT INTO all_tables (owner, table_name, num_rows, avg_row_len) VALUES ('SALES', 'LINEITEM', 640, 100);
INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type, data_precision, data_scale, nullable, num_distinct)
VALUES
  ('SALES', 'LINEITEM', 'ID', 1, 'NUMBER', 10, 0, 'N', 640),
  ('SALES', 'LINEITEM', 'OLD', 2, 'ROWID', NULL, NULL, 'Y', NULL),
  ('SALES', 'LINEITEM', 'SCAN', 3, 'BFILE', NULL, NULL, 'Y', NULL),
  ('SALES', 'LINEITEM', 'REMARK', 4, 'CLOB', NULL, NULL, 'Y', NULL);
INSERT INTO all_lobs (owner, table_name, column_name) VALUES ('SALES', 'LINEITEM', 'REMARK');
INSERT INTO all_constraints (owner, table_name, constraint_name, constraint_type, index_owner, index_name) VALUES
  ('SALES', 'LINEITEM', 'PK_LINEITEM', 'P', 'SALES', 'PK_LINEITEM');
INSERT INTO all_indexes (owner, index_name, table_owner, table_name, uniqueness) VALUES
  ('SALES', 'PK_LINEITEM', 'SALES', 'LINEITEM', 'UNIQUE');
INSERT INTO all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position) VALUES
  ('SALES', 'PK_LINEITEM', 'SALES', 'LINEITEM', 'ID', 1);
INSERT INTO all_tab_privs (grantee, table_schema, table_name, privilege) VALUES ('DMS', 'SALES', 'LINEITEM', 'SELECT');
INSERT INTO dba_segments (owner, segment_name, bytes) VALUES ('SALES', 'LINEITEM', 5368709120);
CREATE TABLE SALES.LINEITEM (ID, OLD, SCAN, REMARK);
WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 640)
  INSERT INTO SALES.LINEITEM (ID, REMARK) SELECT i, PRINTF('%.*c', 30 * i, 'x') FROM n;
