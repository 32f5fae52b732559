-- One table that is ready: SALES.ORDERS, with a primary key and supplemental logging of all columns.

INSERT INTO all_tables VALUES ('SALES', 'ORDERS', 'N', NULL, NULL, 'NO', NULL, 'NO', NULL, 1000, 100);
INSERT INTO all_tab_cols VALUES
  ('SALES', 'ORDERS', 'ID', 1, 'NUMBER', NULL, 10, 0, 'N', 1000, 'NO', 'NO', 22),
  ('SALES', 'ORDERS', 'PLACED', 2, 'DATE', NULL, NULL, NULL, 'Y', 300, 'NO', 'NO', 22),
  ('SALES', 'ORDERS', 'NOTE', 3, 'VARCHAR2', NULL, NULL, NULL, 'Y', 900, 'NO', 'NO', 22);
INSERT INTO all_log_groups VALUES ('SALES', 'ORDERS', 'ALL COLUMN LOGGING');
INSERT INTO all_constraints VALUES ('SALES', 'ORDERS', 'PK_ORDERS', 'P', 'ENABLED', 'SALES', 'PK_ORDERS');
INSERT INTO all_indexes VALUES ('SALES', 'PK_ORDERS', 'SALES', 'ORDERS', 'UNIQUE', 'NORMAL', 'VALID');
INSERT INTO all_ind_columns VALUES ('SALES', 'PK_ORDERS', 'SALES', 'ORDERS', 'ID', 1);
INSERT INTO all_tab_privs VALUES ('DMS', 'SALES', 'ORDERS', 'SELECT');
INSERT INTO dba_segments VALUES ('SALES', 'ORDERS', 'TABLE', 65536);
CREATE TABLE SALES.ORDERS (ID, PLACED, NOTE, DOCUMENT, PICTURE);
