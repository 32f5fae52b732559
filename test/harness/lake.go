package harness

import (
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/demo/tablediff"
	"github.com/oralake/oralake/test/oracledb"
)

// Proof compares a table in a folder of the lake with the source as it is now: cdc, or full for the snapshot that readers see.
func (a *Account) Proof(o Outputs, db *oracledb.Database, folder string, t oracledb.Table) (tablediff.Difference, lake.Met) {
	a.t.Helper()
	columns, err := db.Columns(a.t.Context(), t)
	if err != nil {
		a.t.Fatal(err)
	}
	var inLake *lake.Table
	if reader := a.Lake(o); folder == "full" {
		inLake, err = reader.ReadCurrent(a.t.Context(), a.Current(o, t), tablediff.Keys(columns)...)
	} else {
		inLake, err = reader.Read(a.t.Context(), folder+"/"+t.Schema+"/"+t.Name, tablediff.Keys(columns)...)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	d, err := tablediff.Compare(a.t.Context(), db, t, inLake)
	if err != nil {
		a.t.Fatal(err)
	}
	return d, inLake.Met
}

// Lake returns a reader of the lake.
func (a *Account) Lake(o Outputs) lake.Reader {
	return lake.Reader{Objects: a.Objects, Bucket: o["LakeBucket"], Timestamp: "ORALAKE_TS"}
}

// Current returns which snapshot of a table readers see.
func (a *Account) Current(o Outputs, t oracledb.Table) lake.Current {
	a.t.Helper()
	current, err := a.Lake(o).Current(a.t.Context(), t.Schema, t.Name)
	if err != nil {
		a.t.Fatal(err)
	}
	return current
}
