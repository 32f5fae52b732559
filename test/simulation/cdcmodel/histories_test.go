// Package cdcmodel_test lives through random histories of a source, and of a job that follows its changes, each in
// virtual time, with the synthesized template, the real state machine and the real functions, and holds the tables that
// a reader rebuilds from the lake against what the source was.
package cdcmodel_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oralake/oralake/test/oracledb"
)

var (
	lives     = flag.Int("histories", 100, "how many histories")
	firstSeed = flag.Uint64("seed", 1, "seed of the first history; the others follow")
	only      = flag.String("steps", "", "the steps of each history that happen, such as 2,5,7; all when empty")
)

var (
	database *oracledb.Database
	scratch  string // is gone after the tests
)

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	flag.Parse()
	if testing.Short() {
		*lives = min(*lives, 5)
	}
	var err error
	if scratch, err = os.MkdirTemp("", "oralake-histories-"); err == nil {
		defer os.RemoveAll(scratch)
		database, err = newSource(filepath.Join(scratch, "database"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	debug.SetGCPercent(800) // Each history makes much, and keeps none of it.
	code := m.Run()
	if total.Histories > 0 {
		line, err := json.Marshal(total)
		if err != nil {
			panic(err) // numbers always have a JSON form
		}
		fmt.Println(string(line))
	}
	return code
}

// regions are those of the accounts that are open at the same time.
var regions = []string{"eu-central-1", "eu-west-1"}

// total is of all histories of TestHistories; TestMain prints it last.
var total summary

// summary is what histories came to.
type summary struct {
	Histories  int `json:"histories"`
	Changes    int `json:"changes"`
	Lost       int `json:"lost"`
	Duplicated int `json:"duplicated"`
	Mismatches int `json:"mismatches"`
}

func (s *summary) add(o outcome) {
	s.Histories++
	s.Changes += o.tally.changes
	s.Lost += o.tally.lost
	s.Duplicated += o.tally.duplicated
	for _, v := range o.violations {
		if v.kind == mismatch || v.kind == stuck {
			s.Mismatches++
		}
	}
}

func TestHistories(t *testing.T) {
	var (
		mu     sync.Mutex
		next   atomic.Uint64
		began  = time.Now()
		faults int
	)
	t.Run("histories", func(t *testing.T) {
		for _, region := range regions {
			t.Run(region, func(t *testing.T) {
				t.Parallel()
				for n := next.Add(1); n <= uint64(*lives); n = next.Add(1) {
					h := newHistory(*firstSeed + n - 1)
					h.keep(*only)
					o := live(t, h, region, bug{})
					mu.Lock()
					total.add(o)
					faults += o.faults
					mu.Unlock()
					if len(o.violations) > 0 {
						t.Error(report(t, o, region))
					}
				}
			})
		}
	})
	fmt.Printf("%d faults, %.1f histories a second\n", faults, float64(total.Histories)/time.Since(began).Seconds())
}

// keep leaves only some steps.
func (h *history) keep(numbers string) {
	if numbers == "" {
		return
	}
	kept := strings.Split(numbers, ",")
	h.Steps = slices.DeleteFunc(h.Steps, func(s step) bool { return !slices.Contains(kept, strconv.Itoa(s.number)) })
}
