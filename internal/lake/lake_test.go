package lake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/lake"
)

func TestChangesReplaceLoadedRows(t *testing.T) {
	const folder = "cdc/SALES/CUSTOMER"
	second := changed("U", 2, 2, "Bee", -1205)
	again := second // a copy that DMS writes after a failure, when it has already written the third change
	again.Sequence = changed("U", 2, 2, "", 0).Sequence[:16] + "0000000000000000009"
	b := bucket{
		folder + "/LOAD00000001.parquet": fileOf(t, loaded(10, "Zoe", 0), loaded(2, "Bea", 100), loaded(1, "Al", 50)),
		folder + "/LOAD00000002.parquet": fileOf(t, loaded(3, "Cy", 7)),
		folder + "/2026/11/22/20261122-030001000.parquet": fileOf(t,
			changed("D", 1, 1, "Al", 50), second, changed("I", 3, 4, "Di", 999999999999999), changed("I", 4, 1, "Alf", 10)),
		folder + "/2026/11/22/20261122-030002000.parquet": fileOf(t,
			again.comment(nil), changed("D", 5, 3, "Cy", 7).comment(nil),
			changed("U", 6, 10, "Zoe", 0).comment(aws.String("late")), changed("I", 7, -1, "No", 0).comment(nil)),
		folder + "/":                           nil,
		folder + "_OLD/LOAD00000001.parquet":   fileOf(t, loaded(99, "another table", 0)),
		"full/SALES/CUSTOMER/LOAD0000.parquet": nil,
	}
	got := read(t, b, folder, "C_CUSTKEY")
	want := &lake.Table{
		Columns: []string{"C_CUSTKEY", "C_NAME", "C_ACCTBAL", "C_COMMENT"},
		Rows: [][]any{
			{lake.Decimal("-1"), "No", lake.Decimal("0"), nil},
			{lake.Decimal("1"), "Alf", lake.Decimal("0.1"), nil},
			{lake.Decimal("2"), "Bee", lake.Decimal("-12.05"), nil},
			{lake.Decimal("4"), "Di", lake.Decimal("9999999999999.99"), nil},
			{lake.Decimal("10"), "Zoe", lake.Decimal("0"), "late"},
		},
		Met: lake.Met{Files: 4, LoadRows: 4, Changes: 7, Duplicates: 1},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

// A copy of a change keeps the place of the first copy in the order, before the changes that followed it.
func TestCopyKeepsItsPlace(t *testing.T) {
	first, second := changed("U", 1, 1, "first", 1), changed("U", 1, 1, "second", 2)
	second.SCN, second.Sequence = "1002", first.Sequence[:34]+"2"
	again := first
	again.Sequence = first.Sequence[:34] + "3" // a commit in the same hundredth of a second
	twice := changed("U", 5, 2, "once", 1)
	thrice := twice // another update in the same transaction, with the same SCN
	thrice.Name, thrice.Sequence = "twice", twice.Sequence[:34]+"6"
	got := read(t, bucket{
		"t/a.parquet": fileOf(t, again, thrice),
		"t/b.parquet": fileOf(t, twice, second, first),
	}, "t", "C_CUSTKEY")
	want := [][]any{
		{lake.Decimal("1"), "second", lake.Decimal("0.02")},
		{lake.Decimal("2"), "twice", lake.Decimal("0.01")},
	}
	if diff := cmp.Diff(got.Rows, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

// plain is a row of a full-load job: DMS adds only the timestamp column.
type plain struct {
	ID      int32     `parquet:"ID"`
	Part    string    `parquet:"PART"`
	Raw     []byte    `parquet:"RAW,optional"`
	Rate    *float64  `parquet:"RATE,optional"`
	Half    float32   `parquet:"HALF"`
	At      time.Time `parquet:"AT,timestamp(millisecond)"`
	Exact   time.Time `parquet:"EXACT,timestamp(microsecond)"`
	Flag    bool      `parquet:"FLAG"`
	Big     [16]byte  `parquet:"BIG,decimal(10:38)"`
	Loading string    `parquet:"LOADED_AT"`
}

func TestFullLoads(t *testing.T) {
	at := time.Date(1969, 12, 31, 23, 59, 59, 250e6, time.UTC)
	minusThird := [16]byte{}
	for i := range minusThird {
		minusThird[i] = 0xff
	}
	b := bucket{
		"full/S/T/SEGMENT1_LOAD00000001.parquet": fileOf(t,
			plain{ID: 2, Part: "b", At: at, Exact: at.Add(time.Microsecond), Big: minusThird, Loading: "x"}),
		"full/S/T/p1/LOAD0000000A.parquet": fileOf(t,
			plain{ID: 2, Part: "a", Rate: aws.Float64(0.1), Half: 0.5, Raw: []byte{0}, Flag: true, At: at, Exact: at}),
	}
	r := lake.Reader{Objects: b, Bucket: "lake", Timestamp: "LOADED_AT"}
	got, err := r.Read(t.Context(), "full/S/T/", "ID", "PART")
	if err != nil {
		t.Fatal(err)
	}
	want := &lake.Table{
		Columns: []string{"ID", "PART", "RAW", "RATE", "HALF", "AT", "EXACT", "FLAG", "BIG"},
		Rows: [][]any{
			{int64(2), "a", []byte{0}, 0.1, 0.5, at, at, true, lake.Decimal("0")},
			{int64(2), "b", nil, nil, 0.0, at, at.Add(time.Microsecond), false, lake.Decimal("-0.0000000001")},
		},
		Met: lake.Met{Files: 2, LoadRows: 2},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if unsorted := read(t, b, "full/S/T"); len(unsorted.Rows) != 2 || unsorted.Rows[0][1] != "b" {
		t.Errorf("without a key: got %v, want the rows in the order of the files", unsorted.Rows)
	}
	if none := read(t, b, "full/S/EMPTY", "ID"); len(none.Columns)+len(none.Rows)+none.Met.Files != 0 {
		t.Errorf("a missing folder: got %v, want no rows", none)
	}
}

// If the folder has files of an older load, Read counts its rows and uses the newer ones.
func TestTwoLoadsOfARow(t *testing.T) {
	newer := loaded(1, "new", 1)
	newer.Timestamp = "2026-11-23 02:00:00.000000"
	got := read(t, bucket{
		"t/LOAD00000001.parquet": fileOf(t, newer),
		"t/LOAD00000002.parquet": fileOf(t, loaded(1, "old", 1), loaded(2, "old", 1)),
	}, "t", "C_CUSTKEY")
	if got.Met.LoadedTwice != 1 || len(got.Rows) != 2 || got.Rows[0][1] != "new" {
		t.Errorf("got %v", got)
	}
}

func TestReadRefuses(t *testing.T) {
	noSCN, upsert, early := changed("U", 1, 1, "", 0), changed("M", 1, 1, "", 0), changed("I", 1, 1, "", 0)
	noSCN.SCN = ""
	type nested struct {
		ID   int64    `parquet:"C_CUSTKEY"`
		List []string `parquet:"LIST"`
	}
	type nullKey struct {
		ID       *int64 `parquet:"C_CUSTKEY,optional"`
		Op       string `parquet:"Op,optional"`
		SCN      string `parquet:"ORALAKE_SCN,optional"`
		Sequence string `parquet:"ORALAKE_SEQ,optional"`
	}
	tests := map[string]struct {
		file string
		body []byte
		want string // a part of the error
	}{
		"csv":                {"LOAD00000001.csv", nil, "it is not a Parquet file"},
		"broken":             {"LOAD00000001.parquet", []byte("PAR1 no"), "parquet"},
		"older deploy":       {"20261122-030001000.parquet", fileOf(t, noSCN), "row 1: a change has no ORALAKE_SCN"},
		"unknown op":         {"20261122-030001000.parquet", fileOf(t, upsert), `a change has Op "M"`},
		"a change in a load": {"LOAD00000001.parquet", fileOf(t, early), "a row of a full load has ORALAKE_SEQ"},
		"a delete in a load": {"LOAD00000001.parquet", fileOf(t, customer{Op: "D"}), "a row of a full load has Op D"},
		"no key":             {"LOAD00000001.parquet", fileOf(t, struct{ ID int64 }{1}), "no column C_CUSTKEY"},
		"null key":           {"LOAD00000001.parquet", fileOf(t, nullKey{}), "column C_CUSTKEY of the table's key is null"},
		"a log without keys": {
			"20261122-030001000.parquet", fileOf(t, nullKey{Op: "U", SCN: "1001", Sequence: "1"}),
			"column C_CUSTKEY of the table's key is null: the redo log lacks it; add supplemental logging of all columns",
		},
		"nested":               {"LOAD00000001.parquet", fileOf(t, nested{}), "column LIST: it is nested"},
		"a header of numbers":  {"LOAD00000001.parquet", fileOf(t, struct{ Op int64 }{1}), "column Op, which DMS adds as text"},
		"changes without keys": {"20261122-030001000.parquet", fileOf(t, early), "without the table's key"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			keys := []string{"C_CUSTKEY"}
			if name == "changes without keys" || name == "a header of numbers" {
				keys = nil
			}
			_, err := reader(bucket{"t/" + test.file: test.body}).Read(t.Context(), "t", keys...)
			for _, want := range []string{"s3://lake/t/" + test.file, test.want} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			}
		})
	}
}
