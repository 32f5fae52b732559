// Package bench_test measures a night of a department with many tables: what it costs, how fast it is, and how far the limits of AWS
// are. Time is virtual; the template, the state machine and the functions are the real ones. Beside it, in the same run, the shape of
// the program from which oralake began loads the same tables.
package bench_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/oralake/oralake/internal/contract"
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

// check fails if a night broke what docs/scale.md says.
func check(t *testing.T, r report) {
	for _, f := range []figures{r.figures, r.First} {
		if f.Throttled > 0 || f.DMSTokens <= 0 {
			t.Errorf("DMS refused %d calls, and %d tokens were left", f.Throttled, f.DMSTokens)
		}
		if longest := contract.StepTimeout.Seconds(); f.LongestFunction > longest {
			t.Logf("the function %s may need %.0f s, more than the %.0f that it has", f.LongestName, f.LongestFunction, longest)
		}
	}
	f := r.figures
	if most := max(100, 9*f.Tasks/2); f.DMSCalls > most {
		t.Errorf("%d DMS calls for %d tasks, want at most %d", f.DMSCalls, f.Tasks, most)
	}
	if f.Transitions > 80 {
		t.Errorf("%d transitions, want at most 80", f.Transitions)
	}
	if most := max(15, f.LoadSeconds/20) + 5; f.Notice > most {
		t.Errorf("the end of a load of %.0f s was noticed after %.0f s, want at most %.0f", f.LoadSeconds, f.Notice, most)
	}
	if f.Tables >= 1000 && f.OverBound > 1.15 {
		t.Errorf("the load took %.3f of its lower bound, want at most 1.15", f.OverBound)
	}
	if r.Original.Transitions < 10*f.Transitions || r.Original.DMSCalls < 5*f.DMSCalls {
		t.Errorf("the original's shape has %d transitions and %d DMS calls: it is not what it was", r.Original.Transitions, r.Original.DMSCalls)
	}
}
