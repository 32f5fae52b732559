package secondopinion

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/lake/laketest"
)

// documentedQuery returns the query of docs/changed-tables.md between two comments, NAME: begin and NAME: end. It uses only SQL
// that means the same in Athena and SQLite.
func documentedQuery(t *testing.T, name string) string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(root, "docs", "changed-tables.md"))
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+": begin -->", "<!-- "+name+": end -->"
	_, after, begins := strings.Cut(string(document), begin)
	shown, _, ends := strings.Cut(after, end)
	_, shown, isSQL := strings.Cut(shown, "```sql\n")
	query, _, closed := strings.Cut(shown, "```")
	if !begins || !ends || !isSQL || !closed {
		t.Fatalf("docs/changed-tables.md has no ```sql block between %s and %s", begin, end)
	}
	return query
}

// customerChanges opens an empty database with the table that the documented queries read.
func customerChanges(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	db.SetMaxOpenConns(1) // each connection has its own in-memory database
	if _, err := db.Exec(`create table customer_changes (op text, oralake_ts text, oralake_scn text, oralake_seq text,
		c_custkey integer, c_name text, c_address text, c_nationkey integer, c_phone text, c_acctbal integer,
		c_mktsegment text, c_comment text)`); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestDocumentedQueryReadsAsLakeDoes(t *testing.T) {
	query, db := documentedQuery(t, "athena"), customerChanges(t)
	rapid.Check(t, func(t *rapid.T) {
		h := laketest.DrawHistory(t)
		rows := append(h.Loads, h.Changes...)
		if len(rows) > 0 {
			rows = rapid.Permutation(rows).Draw(t, "order")
		}
		if err := insert(db, rows); err != nil {
			t.Fatal(err)
		}
		got, err := customers(db, query)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, h.Rows()); diff != "" {
			t.Errorf("got -, want +:\n%s", diff)
		}
	})
}

// insert replaces the rows of the tables that the query reads. Empty values of a full load may be null there.
func insert(db *sql.DB, rows []laketest.Row) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if _, err := tx.Exec(`delete from customer_changes`); err != nil {
		return err
	}
	for i, r := range rows {
		scn, sequence := any(r.SCN), any(r.Sequence)
		if r.SCN == "" && i%2 == 0 {
			scn, sequence = nil, nil
		}
		if _, err := tx.Exec(`insert into customer_changes
			(op, oralake_ts, oralake_scn, oralake_seq, c_custkey, c_name, c_acctbal, c_comment) values (?,?,?,?,?,?,?,?)`,
			r.Op, r.Timestamp, scn, sequence, r.Key, r.Name, r.Balance, r.Comment); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// customers returns the rows of a query, ordered by key.
func customers(db *sql.DB, query string) (all [][]any, err error) {
	rows, err := db.Query(`select c_custkey, c_name, c_acctbal, c_comment from (` + query + `) order by c_custkey`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var name, balance, comment any
		if err := rows.Scan(&key, &name, &balance, &comment); err != nil {
			return nil, err
		}
		if cents, ok := balance.(int64); ok {
			balance = laketest.Money(cents)
		}
		all = append(all, []any{lake.Decimal(fmt.Sprint(key)), name, balance, comment})
	}
	return all, rows.Err()
}

// The second documented query lists the nulls that the reader lists, also for a redo log that has only keys.
func TestDocumentedQueryFindsWhatLakeFinds(t *testing.T) {
	query, db := documentedQuery(t, "unproven"), customerChanges(t)
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.SampledFrom([]func(*rapid.T) laketest.History{laketest.DrawHistory, laketest.DrawKeyLoggedHistory}).Draw(t, "log")
		h := draw(t)
		b := laketest.Bucket{}
		for name, rows := range map[string][]laketest.Row{"t/LOAD00000001.parquet": h.Loads, "t/a.parquet": h.Changes} {
			content, err := laketest.File(rows...)
			if err != nil {
				t.Fatal(err)
			}
			b[name] = content
		}
		table, err := lake.Reader{Objects: b, Bucket: "lake", Timestamp: "ORALAKE_TS"}.Read(t.Context(), "t", "C_CUSTKEY")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, u := range table.Unproven {
			want[fmt.Sprint(table.Rows[u.Row][0])] = strings.ToLower(strings.Join(u.Columns, " ")) + " "
		}
		if err := insert(db, append(h.Loads, h.Changes...)); err != nil {
			t.Fatal(err)
		}
		got, err := unproven(db, query)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("query -, reader +:\n%s", diff)
		}
	})
}

// unproven returns the columns that a query lists, by key.
func unproven(db *sql.DB, query string) (map[string]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var key, columns string
		if err := rows.Scan(&key, &columns); err != nil {
			return nil, err
		}
		found[key] = columns
	}
	return found, rows.Err()
}
