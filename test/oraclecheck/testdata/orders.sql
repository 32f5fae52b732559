-- One table that is ready: SALES.ORDERS, with a primary key and supplemental logging of all columns.

INSERT INTO all_tables (owner, table_name, num_rows, avg_row_len) VALUES ('SALES', 'ORDERS', 1000, 100);
INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type, data_precision, data_scale, nullable, num_distinct)
VALUES
  ('SALES', 'ORDERS', 'ID', 1, 'NUMBER', 10, 0, 'N', 1000),
  ('SALES', 'ORDERS', 'PLACED', 2, 'DATE', NULL, NULL, 'Y', 300),
  ('SALES', 'ORDERS', 'NOTE', 3, 'VARCHAR2', NULL, NULL, 'Y', 900);
INSERT INTO all_log_groups (owner, table_name, log_group_type) VALUES ('SALES', 'ORDERS', 'ALL COLUMN LOGGING');
INSERT INTO all_constraints (owner, table_name, constraint_name, constraint_type, index_owner, index_name) VALUES
  ('SALES', 'ORDERS', 'PK_ORDERS', 'P', 'SALES', 'PK_ORDERS');
INSERT INTO all_indexes (owner, index_name, table_owner, table_name, uniqueness) VALUES
  ('SALES', 'PK_ORDERS', 'SALES', 'ORDERS', 'UNIQUE');
INSERT INTO all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position) VALUES
  ('SALES', 'PK_ORDERS', 'SALES', 'ORDERS', 'ID', 1);
INSERT INTO all_tab_privs (grantee, table_schema, table_name, privilege) VALUES ('DMS', 'SALES', 'ORDERS', 'SELECT');
INSERT INTO dba_segments (owner, segment_name, bytes) VALUES ('SALES', 'ORDERS', 65536);
CREATE TABLE SALES.ORDERS (ID, PLACED, NOTE, DOCUMENT, PICTURE);
