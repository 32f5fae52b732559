// Package cdcmodel_test runs random histories of a source and of a job that replicates its changes. Time is virtual; the
// synthesized template, the state machine and the functions are real. It compares the tables that a reader rebuilds from
// the lake with the versions of the source.
package cdcmodel_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
	"github.com/oralake/oralake/test/simulation/finding"
)

var (
	lives = flag.Int("histories", 100, "how many histories")
	only  = flag.String("steps", "", "the steps of each history that happen, such as 2,5,7; all when empty")
)

var (
	database *oracledb.Database
	scratch  string // deleted after the tests
)

func TestMain(m *testing.M) {
	os.Exit(simulation.Main(m, func(dir string) (err error) {
		if testing.Short() {
			*lives = min(*lives, 5)
		}
		scratch = dir
		database, err = newSource(filepath.Join(dir, "database"))
		return err
	}, func() any {
		if total.Histories == 0 {
			return nil
		}
		return total
	}))
}

// total is the sum of all histories of TestHistories. TestMain prints it last.
var total summary

// summary counts the results of histories.
type summary struct {
	Histories  int `json:"histories"`
	Changes    int `json:"changes"`
	Lost       int `json:"lost"`
	Duplicated int `json:"duplicated"`
	Mismatches int `json:"mismatches"`
	Reported   int `json:"reported"` // rows that differ from the source, in the comparisons, as the reader reports
}

func (s *summary) add(o outcome) {
	s.Histories++
	s.Changes += o.tally.changes
	s.Lost += o.tally.lost
	s.Duplicated += o.tally.duplicated
	s.Reported += o.tally.reported
	for _, v := range o.violations {
		if v.kind == mismatch || v.kind == stuck {
			s.Mismatches++
		}
	}
}

func TestHistories(t *testing.T) {
	var mu sync.Mutex
	faults := 0
	rate := simulation.Lives(t, "histories", *lives, func(t *testing.T, region string, seed uint64) {
		h := newHistory(seed)
		h.keep(*only)
		o := live(t, h, region, bug{})
		mu.Lock()
		total.add(o)
		faults += o.faults
		mu.Unlock()
		switch {
		case len(o.violations) == 0:
		case *simulation.First:
			for _, v := range o.violations {
				finding.Finding{Seed: seed, Kind: v.kind, Text: v.text}.Print()
			}
			t.Fail()
		default:
			t.Error(report(t, o, region))
		}
	})
	fmt.Printf("%d faults, %.1f histories a second\n", faults, rate)
}

// keep removes all steps except those with the given numbers.
func (h *history) keep(numbers string) {
	if numbers == "" {
		return
	}
	kept := strings.Split(numbers, ",")
	h.Steps = slices.DeleteFunc(h.Steps, func(s step) bool { return !slices.Contains(kept, strconv.Itoa(s.number)) })
}
