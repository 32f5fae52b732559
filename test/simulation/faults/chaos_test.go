// Package faults_test runs random schedules of faults in virtual time, with the synthesized template, the real state
// machine and the real functions. After each schedule it checks every guarantee of the product.
package faults_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
	"github.com/oralake/oralake/test/simulation/finding"
)

var schedules = flag.Int("schedules", 120, "how many schedules of faults")

var database *oracledb.Database

func TestMain(m *testing.M) {
	os.Exit(simulation.Main(m, func(dir string) (err error) {
		if testing.Short() {
			*schedules = min(*schedules, 20)
		}
		database, err = newSource(dir)
		return err
	}, func() any {
		if total.Runs == 0 {
			return nil
		}
		return total
	}))
}

// total is the sum of all schedules of TestChaos. TestMain prints it last.
var total summary

// summary counts the results of schedules.
type summary struct {
	Runs           int `json:"runs"`
	Faults         int `json:"faults"`
	Violations     int `json:"violations"`
	Orphans        int `json:"orphans"`
	FalseSuccesses int `json:"falseSuccesses"`
	LostRecords    int `json:"lostRecords"`
	StuckLeases    int `json:"stuckLeases"`
	Endless        int `json:"endless"`
	Torn           int `json:"torn"`
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
		case torn:
			s.Torn++
		}
	}
}

func TestChaos(t *testing.T) {
	var mu sync.Mutex
	kinds := map[string]int{}
	rate := simulation.Lives(t, "schedules", *schedules, func(t *testing.T, region string, seed uint64) {
		o := live(t, newPlan(seed), database, region, bug{})
		mu.Lock()
		defer mu.Unlock()
		total.add(o)
		for kind, n := range o.faults {
			kinds[kind] += n
		}
		for call := range o.unlisted {
			t.Errorf("a function makes a call that is not in permissions: %s", call)
		}
		if *simulation.First {
			for _, v := range o.violations {
				finding.Finding{Seed: o.seed, Kind: v.kind, Text: v.text}.Print()
			}
		}
		if len(o.violations) > 0 {
			t.Errorf("make chaos N=1 SEED=%d\n%s\n  story in %s", o.seed, list(o.violations),
				o.story.Save(t, fmt.Sprintf("chaos-%d", o.seed)))
		}
	})
	if *schedules == 1 {
		t.Logf("faults: %v", kinds)
	}
	fmt.Printf("%.1f schedules a second\n", rate)
}

func list(all []violation) string {
	var lines []string
	for _, v := range all {
		lines = append(lines, "  "+v.kind+": "+v.text)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
