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

// athenaQuery returns the query of docs/changed-tables.md. It uses only SQL that means the same in Athena and SQLite.
func athenaQuery(t *testing.T) string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(root, "docs", "changed-tables.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, begins := strings.Cut(string(document), "<!-- athena: begin -->")
	shown, _, ends := strings.Cut(after, "<!-- athena: end -->")
	_, shown, isSQL := strings.Cut(shown, "```sql\n")
	query, _, closed := strings.Cut(shown, "```")
	if !begins || !ends || !isSQL || !closed {
		t.Fatal("docs/changed-tables.md has no ```sql block between <!-- athena: begin --> and <!-- athena: end -->")
	}
	return query
}

func TestDocumentedQueryReadsAsLakeDoes(t *testing.T) {
	query := athenaQuery(t)
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has its own in-memory database
	if _, err := db.Exec(`create table customer_changes (op text, oralake_ts text, oralake_scn text, oralake_seq text,
		c_custkey integer, c_name text, c_address text, c_nationkey integer, c_phone text, c_acctbal integer,
		c_mktsegment text, c_comment text)`); err != nil {
		t.Fatal(err)
	}
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
		var key, cents int64
		var name string
		var comment any
		if err := rows.Scan(&key, &name, &cents, &comment); err != nil {
			return nil, err
		}
		all = append(all, []any{lake.Decimal(fmt.Sprint(key)), name, laketest.Money(cents), comment})
	}
	return all, rows.Err()
}
