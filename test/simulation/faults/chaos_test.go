// Package faults_test lives through random schedules of faults, each in virtual time, with the synthesized template, the
// real state machine and the real functions, and checks after each that every promise was kept.
package faults_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oralake/oralake/test/oracledb"
)

var (
	schedules = flag.Int("schedules", 500, "how many schedules of faults")
	firstSeed = flag.Uint64("seed", 1, "seed of the first schedule; the others follow")
)

var database *oracledb.Database

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "oralake-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if database, err = newSource(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	debug.SetGCPercent(800) // Each schedule makes much, and keeps none of it.
	runtime.MemProfileRate = 0
	code := m.Run()
	if total.Runs > 0 {
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

// total is of all schedules of TestChaos; TestMain prints it last.
var total summary

// summary is what schedules came to.
type summary struct {
	Runs           int `json:"runs"`
	Faults         int `json:"faults"`
	Violations     int `json:"violations"`
	Orphans        int `json:"orphans"`
	FalseSuccesses int `json:"falseSuccesses"`
	LostRecords    int `json:"lostRecords"`
	StuckLeases    int `json:"stuckLeases"`
	Endless        int `json:"endless"`
}

func (s *summary) add(o outcome) {
	s.Runs++
	for _, n := range o.faults {
		s.Faults += n
	}
	for _, v := range o.violations {
		s.Violations++
		switch v.kind {
		case orphan:
			s.Orphans++
		case falseSuccess:
			s.FalseSuccesses++
		case lostRecord:
			s.LostRecords++
		case stuckLease:
			s.StuckLeases++
		case endless:
			s.Endless++
		}
	}
}

func TestChaos(t *testing.T) {
	var (
		mu    sync.Mutex
		next  atomic.Uint64
		began = time.Now()
		kinds = map[string]int{}
	)
	t.Run("schedules", func(t *testing.T) {
		for _, region := range regions {
			t.Run(region, func(t *testing.T) {
				t.Parallel()
				for {
					n := next.Add(1)
					if n > uint64(*schedules) {
						return
					}
					o := live(t, newPlan(*firstSeed+n-1), database, region, bug{})
					mu.Lock()
					total.add(o)
					for kind, n := range o.faults {
						kinds[kind] += n
					}
					for call := range o.unlisted {
						t.Errorf("a function makes a call that permissions does not have: %s", call)
					}
					if len(o.violations) > 0 {
						t.Errorf("make chaos N=1 SEED=%d\n%s\n  told in %s", o.seed, words(o.violations), o.kept(t))
					}
					mu.Unlock()
				}
			})
		}
	})
	if *schedules == 1 {
		t.Logf("faults: %v", kinds)
	}
	fmt.Printf("%.1f schedules a second\n", float64(total.Runs)/time.Since(began).Seconds())
}

func words(all []violation) string {
	var lines []string
	for _, v := range all {
		lines = append(lines, "  "+v.kind+": "+v.text)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
