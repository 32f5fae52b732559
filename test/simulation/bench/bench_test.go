// Package bench_test measures a night of a department with many tables: what it costs, how fast it is, and how far the limits of AWS
// are. Time is virtual; the template, the state machine and the functions are the real ones. Beside it, in the same run, the shape of
// the program from which oralake began loads the same tables.
package bench_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
)

var count = flag.Int("tables", 100, "number of tables")

var source *oracledb.Database

func TestMain(m *testing.M) {
	os.Exit(simulation.Main(m, func(dir string) (err error) {
		source, err = newSource(filepath.Join(dir, "source"), *count)
		return err
	}, func() any {
		if measured.Tables == 0 {
			return nil
		}
		return measured
	}))
}

// measured is what TestBench has measured. TestMain prints it last.
var measured report

// TestBench measures three nights of oralake, the first without history, and one of the original's shape. It prints a table.
func TestBench(t *testing.T) {
	bytes := sizes(*count)
	nights := liveOralake(t, bytes, 3)
	measured = report{figures: nights[2], First: nights[0], Original: liveOriginal(t, bytes)}
	printTable(measured)
	check(t, measured)
}

// check fails if a night broke what docs/scale.md promises.
func check(t *testing.T, r report) {
	for _, f := range []figures{r.figures, r.First} {
		if f.Throttled > 0 || f.DMSTokens <= 0 {
			t.Errorf("DMS refused %d calls, and %d tokens were left", f.Throttled, f.DMSTokens)
		}
	}
}
