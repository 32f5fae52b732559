package cdcmodel_test

import (
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/simulation"
)

// What random histories once found.
func TestFoundBefore(t *testing.T) {
	put := transaction{{Does: putRow, Table: 0, Key: 7, Value: 1}}
	for name, h := range map[string]history{
		// The load begins when what was captured before it is in the lake, and the row of before the TRUNCATE is not.
		"a table is truncated while a reload waits": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true}, Batch: 600,
			Steps: []step{
				{Does: beginLoad, Chosen: [tables]bool{true}, Wait: 5 * time.Minute},
				{Does: writes, Beside: []transaction{put}, Wait: 2 * time.Minute},
				{Does: truncate, Wait: time.Hour},
				{Does: runJob},
			},
		},
		"a task is deleted, and what the job remembers is not": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true}, Batch: 60,
			Steps: []step{
				{Does: stopTask, Wait: time.Minute},
				{Does: writes, Beside: []transaction{put}},
				{Does: loseLog},
			},
		},
		"nothing can be asked of AWS while a deploy is taken back": {
			Type: department.CDC, Tables: [tables]bool{true}, Batch: 60, Rates: rates{"throttled": 0.4},
			Steps: []step{
				{Does: list, Chosen: [tables]bool{true, true}},
				{Does: batch, Batch: 300},
				{Does: list, Chosen: [tables]bool{true, true, true}},
			},
		},
		"a table is not there when the task starts": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true, true}, Batch: 60,
			Steps: []step{
				{Does: stopTask, Wait: time.Minute},
				{Does: begin, Wait: time.Second},
				{Does: drop, After: 3 * time.Minute},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h.Jitter = 0.5
			for i := range h.Steps {
				h.Steps[i].number = i + 1
			}
			o := live(t, h, simulation.Regions[0], bug{})
			for _, v := range o.violations {
				t.Errorf("%s: %s", v.kind, v.text)
			}
			if t.Failed() {
				t.Logf("told in %s", o.kept(t))
			}
		})
	}
}
