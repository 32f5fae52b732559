package lake_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reading is a row of a table whose key has a timestamp.
type reading struct {
	Op        string    `parquet:"Op,optional"`
	Timestamp string    `parquet:"ORALAKE_TS,optional"`
	SCN       string    `parquet:"ORALAKE_SCN,optional"`
	Sequence  string    `parquet:"ORALAKE_SEQ,optional"`
	Sensor    int64     `parquet:"SENSOR"`
	At        time.Time `parquet:"AT,timestamp(millisecond)"`
	Value     int64     `parquet:"VALUE"`
}

// In files with milliseconds, two keys less than a millisecond apart are one key. The reader lists such keys if the files show
// it.
func TestSharedKeys(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 123e6, time.UTC)
	row := func(op string, n int, after time.Duration) reading {
		return reading{
			Op: op, SCN: fmt.Sprint(1000 + n), Sequence: fmt.Sprintf("2026112203%02d0000%019d", n, n), Sensor: 7, At: at.Add(after), Value: int64(n),
		}
	}
	load := func(value int64, after time.Duration) reading {
		return reading{Op: "I", Sensor: 7, At: at.Add(after), Value: value}
	}
	copied := row("I", 1, 0)
	copied.Sequence = copied.Sequence[:16] + "0000000000000000009"
	shared := [][]any{{int64(7), at}}
	for name, test := range map[string]struct {
		files map[string][]reading
		want  [][]any
	}{
		"one key":                           {map[string][]reading{"LOAD00000001": {load(1, 0), load(2, time.Millisecond)}}, nil},
		"two rows of a load":                {map[string][]reading{"LOAD00000001": {load(1, 0), load(2, 100*time.Microsecond)}}, shared},
		"a file of an older load":           {map[string][]reading{"LOAD00000001": {load(1, 0)}, "LOAD00000002": {load(2, 0)}}, nil},
		"two inserts":                       {map[string][]reading{"a": {row("I", 1, 0), row("I", 2, 100*time.Microsecond)}}, shared},
		"an insert, and its copy":           {map[string][]reading{"a": {row("I", 1, 0), row("U", 2, 0)}, "b": {copied}}, nil},
		"insert, update, delete and insert": {map[string][]reading{"a": {row("I", 1, 0), row("U", 2, 0), row("D", 3, 0), row("I", 4, 0)}}, nil},
		"an update after a delete":          {map[string][]reading{"LOAD00000001": {load(1, 0)}, "a": {row("D", 1, 0), row("U", 2, 100*time.Microsecond)}}, shared},
		"two deletes":                       {map[string][]reading{"a": {row("D", 1, 0), row("D", 2, 100*time.Microsecond)}}, shared},
	} {
		t.Run(name, func(t *testing.T) {
			b := bucket{}
			for name, rows := range test.files {
				b["t/"+name+".parquet"] = fileOf(t, rows...)
			}
			if diff := cmp.Diff(read(t, b, "t", "SENSOR", "AT").SharedKeys, test.want); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
		})
	}
	// Without a timestamp in the key, rows with one key are one row.
	b := bucket{"t/a.parquet": fileOf(t, row("I", 1, 0), row("I", 2, 0))}
	if got := read(t, b, "t", "SENSOR").SharedKeys; got != nil {
		t.Errorf("a key without a timestamp: got %v, want none", got)
	}
}
