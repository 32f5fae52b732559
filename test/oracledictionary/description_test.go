package oracledictionary

import (
	"database/sql"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// A row that Oracle's reference does not allow is refused, and the error says what is documented, and where.
func TestRowsThatOracleDoesNotHave(t *testing.T) {
	const columns = "INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, "
	for name, test := range map[string]struct {
		row, want string // want is empty for a row that Oracle has
	}{
		"a value": {
			`INSERT INTO v$database (log_mode) VALUES ('ARCHIVE')`,
			"V$DATABASE: LOG_MODE is NOARCHIVELOG, ARCHIVELOG, MANUAL (https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/V-DATABASE.html)",
		},
		"an ordinary row":     {`INSERT INTO v$database (current_scn) VALUES (5000)`, ""},
		"null":                {`INSERT INTO v$database (log_mode) VALUES (NULL)`, ""},
		"null in a name":      {`INSERT INTO all_tables (owner) VALUES ('SALES')`, "all_tables.table_name"},
		"an unknown column":   {`INSERT INTO all_tables (owner, table_name, engine) VALUES ('SALES', 'ORDERS', 'InnoDB')`, "no column named engine"},
		"text for a number":   {`INSERT INTO all_tables (owner, table_name, num_rows) VALUES ('S', 'T', 'many')`, "NUM_ROWS is a number"},
		"a number for text":   {`INSERT INTO all_users (username) VALUES (7)`, "USERNAME is text of at most 128 bytes"},
		"text that is long":   {`INSERT INTO v$thread (enabled) VALUES ('PERHAPS NOT')`, "at most 8 bytes"},
		"text for a date":     {`INSERT INTO v$archived_log (first_time) VALUES ('2026-01-01')`, "FIRST_TIME is a date"},
		"a date":              {`INSERT INTO v$archived_log (first_time) VALUES (JULIANDAY('now'))`, ""},
		"XMLTYPE":             {columns + `data_type, data_type_owner, virtual_column) VALUES ('S', 'T', 'X', 1, 'XMLTYPE', 'SYS', 'YES')`, ""},
		"a stored XMLTYPE":    {columns + `data_type, data_type_owner) VALUES ('S', 'T', 'X', 1, 'XMLTYPE', 'SYS')`, "the column of an XMLTYPE is virtual"},
		"a type with digits":  {columns + `data_type) VALUES ('S', 'T', 'X', 1, 'TIMESTAMP(6) WITH TIME ZONE')`, ""},
		"a type without them": {columns + `data_type) VALUES ('S', 'T', 'X', 1, 'TIMESTAMP')`, "has a type of Oracle"},
		"an unknown type":     {columns + `data_type) VALUES ('S', 'T', 'X', 1, 'STRING')`, "has a type of Oracle"},
		"a user's type":       {columns + `data_type, data_type_owner) VALUES ('S', 'T', 'X', 1, 'ADDRESS', 'SALES')`, ""},
		"digits of a CLOB":    {columns + `data_type, data_precision) VALUES ('S', 'T', 'X', 1, 'CLOB', 10)`, "DATA_PRECISION is only for NUMBER and FLOAT"},
		"an overflow segment": {`INSERT INTO all_tables (owner, table_name, iot_type) VALUES ('S', 'T', 'IOT_OVERFLOW')`, "names its index-organized table"},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := sql.Open("sqlite", ":memory:")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1) // each connection has a memory of its own
			for _, v := range Views {
				if _, err := db.Exec(v.Create("TABLE")); err != nil {
					t.Fatalf("%s: %v", v.Name, err)
				}
			}
			_, err = db.Exec(test.row)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// A mistake in the description has its place.
func TestMistakesInTheDescription(t *testing.T) {
	for text, want := range map[string]string{
		"V$LOG refrn/V-LOG.html\n  GROUP# NUMBR\n":                          "views.txt:2: ",
		"V$LOG refrn/V-LOG.html\n  STATUS VARCHAR2\n":                       "views.txt:2: ",
		"# a comment\n\n  GROUP# NUMBER\n":                                  "views.txt:3: a column before the first view",
		"V$LOG refrn/V-LOG.html\n  STATUS VARCHAR2(9) DEFAULT X IN Y | Z\n": "views.txt:2: the default X",
	} {
		if _, err := parse(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// Every view is described once, and a view with columns has a page.
func TestDescription(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range Views {
		if seen[v.Name] {
			t.Errorf("%s is described twice", v.Name)
		}
		seen[v.Name] = true
		if len(v.Columns) > 0 && v.Page == "" {
			t.Errorf("%s has columns and no page", v.Name)
		}
		if found, ok := Find(strings.ToLower(v.Name)); !ok || found.Name != v.Name {
			t.Errorf("%s is not found", v.Name)
		}
	}
	if _, ok := Find("V$NOTHING"); ok {
		t.Error("V$NOTHING is found")
	}
}
