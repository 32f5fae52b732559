// Package readers_test lets readers read the tables of a full-load job, slowly and again and again, while the job's runs load and
// publish them with faults everywhere. Each read must give the whole of one snapshot. Time is virtual; the template, the state machine
// and the functions are the real ones.
package readers_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
)

var loads = flag.Int("loads", 20, "how many loads at least")

// loadsOfALife is how many loads an account lives through at least.
const loadsOfALife = 10

var (
	database *oracledb.Database // which lives clone
	scratch  string
)

func TestMain(m *testing.M) {
	os.Exit(simulation.Main(m, func(dir string) (err error) {
		scratch = dir
		database, err = newSource(dir)
		return err
	}, func() any {
		if total.Loads == 0 {
			return nil
		}
		return total
	}))
}

// total is the sum of all lives. TestMain prints it last.
var total summary

// summary counts what readers have met. A read is across a switch if another snapshot was published while it lasted. It is mixed if it
// has rows of two loads, torn if it lacks rows or has too many or fails, and backwards if it is of an older snapshot than an earlier
// read, and no rollback has put that back.
type summary struct {
	Loads        int `json:"loads"`
	Reads        int `json:"reads"`
	Switches     int `json:"switches"`
	AcrossSwitch int `json:"acrossSwitch"`
	Mixed        int `json:"mixed"`
	Torn         int `json:"torn"`
	Backwards    int `json:"backwards"`
}

func (s *summary) add(o summary) {
	s.Loads += o.Loads
	s.Reads += o.Reads
	s.Switches += o.Switches
	s.AcrossSwitch += o.AcrossSwitch
	s.Mixed += o.Mixed
	s.Torn += o.Torn
	s.Backwards += o.Backwards
}

func TestReaders(t *testing.T) {
	var mu sync.Mutex
	lives := (*loads + loadsOfALife - 1) / loadsOfALife
	simulation.Lives(t, "lives", lives, func(t *testing.T, region string, seed uint64) {
		o := live(t, seed, region, nil)
		mu.Lock()
		defer mu.Unlock()
		total.add(o.summary)
		if len(o.violations) > 0 {
			t.Errorf("make readers LOADS=%d SEED=%d\n%s\n  story in %s", loadsOfALife, seed, o.list(),
				o.story.Save(t, fmt.Sprintf("readers-%d", seed)))
		}
	})
	if total.AcrossSwitch == 0 || total.Switches == 0 {
		t.Errorf("%+v: no read has lasted across a switch, so the reads prove nothing", total)
	}
}
