package lake_test

import (
	"fmt"
	"testing"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/lake/laketest"
)

type bucket = laketest.Bucket

func reader(b bucket) lake.Reader {
	return lake.Reader{Objects: b, Bucket: "lake", Timestamp: "ORALAKE_TS"}
}

// customer is a row of a file that was written before the table got its column C_COMMENT.
type customer struct {
	Op        string `parquet:"Op,optional"`
	Timestamp string `parquet:"ORALAKE_TS,optional"`
	SCN       string `parquet:"ORALAKE_SCN,optional"`
	Sequence  string `parquet:"ORALAKE_SEQ,optional"`
	Key       int64  `parquet:"C_CUSTKEY,decimal(0:10)"`
	Name      string `parquet:"C_NAME"`
	Balance   int64  `parquet:"C_ACCTBAL,decimal(2:15)"` // cents
}

// comment returns the row of a later file: with C_COMMENT, and with a wider type of the key.
func (c customer) comment(text *string) laketest.Row {
	return laketest.Row{
		Op: c.Op, Timestamp: c.Timestamp, Key: c.Key, Name: &c.Name, Balance: &c.Balance, Comment: text, SCN: c.SCN, Sequence: c.Sequence,
	}
}

// fileOf writes rows as a Parquet file.
func fileOf[T any](t interface {
	Fatal(...any)
	Helper()
}, rows ...T,
) []byte {
	t.Helper()
	content, err := laketest.File(rows...)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// loaded is a customer of a full load.
func loaded(key int64, name string, cents int64) customer {
	return customer{Op: "I", Timestamp: "2026-11-22 02:00:00.000000", Key: key, Name: name, Balance: cents}
}

// changed is the n-th committed change, of a customer.
func changed(op string, n int, key int64, name string, cents int64) customer {
	return customer{
		Op: op, Timestamp: fmt.Sprintf("2026-11-22 03:00:%02d.000000", n), SCN: fmt.Sprint(1000 + n),
		Sequence: fmt.Sprintf("2026112203%02d0000%019d", n, n), Key: key, Name: name, Balance: cents,
	}
}

func read(t *testing.T, b bucket, folder string, keys ...string) *lake.Table {
	t.Helper()
	table, err := reader(b).Read(t.Context(), folder, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}
