package cdcmodel_test

import (
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/simulation"
)

// These histories are short forms of random histories that found bugs.
func TestHistoriesThatFoundBugs(t *testing.T) {
	put := transaction{{Does: putRow, Table: 0, Key: 7, Value: 1}}
	for name, h := range map[string]history{
		// The load starts after all earlier changes are in the lake. It does not load the row from before the TRUNCATE.
		"a table is truncated while a reload waits": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true}, Batch: 600,
			Steps: []step{
				{Does: beginLoad, Chosen: [tables]bool{true}, Wait: 5 * time.Minute},
				{Does: writes, Meanwhile: []transaction{put}, Wait: 2 * time.Minute},
				{Does: truncate, Wait: time.Hour},
				{Does: runJob},
			},
		},
		"a task is deleted, and its saved checkpoint is not": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true}, Batch: 60,
			Steps: []step{
				{Does: stopTask, Wait: time.Minute},
				{Does: writes, Meanwhile: []transaction{put}},
				{Does: loseLog},
			},
		},
		// The counts of DDL are deleted with the task.
		"a table is truncated just before its task is made again": {
			Type: department.CDC, Tables: [tables]bool{true, true}, Batch: 60, Backfill: new(true), Clearing: dms.Clears,
			Steps: []step{
				{Does: writes, Meanwhile: []transaction{put}, Wait: time.Hour},
				{Does: runJob},
				{Does: truncate},
				{Does: exclude, Table: 1, Flag: true, Wait: time.Hour},
				{Does: runJob},
			},
		},
		// A new cdc task loads nothing, so it does not repair the table.
		"a task is replaced while a table has diverged": {
			Type: department.CDC, Tables: [tables]bool{true}, Batch: 60, Backfill: new(true),
			Steps: []step{
				{Does: writes, Meanwhile: []transaction{put}, Wait: time.Hour},
				{Does: exclude, Flag: true, Wait: time.Hour},
				{Does: pause, Flag: true},
				{Does: writes, Meanwhile: []transaction{{{Does: putRow, Table: 0, Key: 1, Value: 5}}}, Wait: time.Minute},
				{Does: loseLog},
				{Does: writes, Meanwhile: []transaction{{{Does: putRow, Table: 0, Key: 2, Value: 5}}}},
			},
		},
		"AWS throttles calls during the rollback of a deploy": {
			Type: department.CDC, Tables: [tables]bool{true}, Batch: 60, Rates: rates{"throttled": 0.4},
			Steps: []step{
				{Does: list, Chosen: [tables]bool{true, true}},
				{Does: batch, Batch: 300},
				{Does: list, Chosen: [tables]bool{true, true, true}},
			},
		},
		// The counts that start again hide the DDL from before the stop, unless a run reads them before it resumes the task.
		"counts of changes start again after a TRUNCATE": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true}, Batch: 60, CountersRestart: true,
			Steps: []step{
				{Does: runJob, Wait: time.Minute},
				{Does: truncate, Wait: time.Minute},
				{Does: stopTask, Wait: time.Minute},
				{Does: runJob, Wait: time.Minute},
				{Does: runJob},
			},
		},
		// The count after the start is the same as before it, and means another statement.
		"counts of changes start again, and reach their old value": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true}, Batch: 60, CountersRestart: true,
			Steps: []step{
				{Does: addColumn, Wait: time.Minute},
				{Does: runJob, Wait: time.Minute},
				{Does: acceptDDL, Chosen: [tables]bool{true}, Wait: time.Minute},
				{Does: stopTask, Wait: time.Minute},
				{Does: truncate, Wait: time.Minute},
				{Does: runJob},
			},
		},
		// A run asks whether the table is loaded, and the file says that it is not.
		"a job stops loading its tables before an added one is loaded": { // seed 1796066273
			Type: department.FullLoadAndCDC, Tables: [tables]bool{false, true, false, true}, Batch: 60,
			Rates: rates{"late": 0.25}, seed: 1796066273,
			Steps: []step{
				{Does: batch, Batch: 300, Wait: time.Second},
				{Does: list, Chosen: [tables]bool{true, false, false, true}},
				{Does: renew, Wait: 5 * time.Minute},
				{Does: join, Table: 2, Wait: time.Hour},
				{Does: runJob},
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
		t.Run(name, func(t *testing.T) { relive(t, h) })
	}
}

// relive runs a history that found a bug. It must find none.
func relive(t *testing.T, h history) {
	t.Helper()
	h.Jitter = 0.5
	for i := range h.Steps {
		h.Steps[i].number = i + 1
	}
	o := live(t, h, simulation.Regions[0], bug{})
	for _, v := range o.violations {
		t.Errorf("%s: %s", v.kind, v.text)
	}
	if t.Failed() {
		t.Logf("story in %s", o.kept(t))
	}
}
