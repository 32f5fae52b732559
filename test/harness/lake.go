package harness

import (
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/demo/tablediff"
	"github.com/oralake/oralake/test/oracledb"
)

// Proof compares a table in a folder of the lake, full or cdc, with the source as it is now.
func (a *Account) Proof(o Outputs, db *oracledb.Database, folder string, t oracledb.Table) (tablediff.Difference, lake.Met) {
	a.t.Helper()
	columns, err := db.Columns(a.t.Context(), t)
	if err != nil {
		a.t.Fatal(err)
	}
	reader := lake.Reader{Objects: a.Objects, Bucket: o["LakeBucket"], Timestamp: "ORALAKE_TS"}
	inLake, err := reader.Read(a.t.Context(), folder+"/"+t.Schema+"/"+t.Name, tablediff.Keys(columns)...)
	if err != nil {
		a.t.Fatal(err)
	}
	d, err := tablediff.Compare(a.t.Context(), db, t, inLake)
	if err != nil {
		a.t.Fatal(err)
	}
	return d, inLake.Met
}
