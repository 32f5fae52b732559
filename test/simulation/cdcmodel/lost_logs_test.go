package cdcmodel_test

import (
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/dms"
)

// These histories are short forms of random histories in which the source lost redo log that the task had not read. Nothing but a
// person can continue then. The rows that are lost with the log must be known to be missing, until they are loaded again.
func TestHistoriesWithLostLogs(t *testing.T) {
	put := transaction{{Does: putRow, Table: 3, Key: 5, Value: 7}}
	for name, h := range map[string]history{
		"while the task is made again": { // seed 1796058478
			Type: department.CDC, Now: true, Backfill: new(true), Tables: [tables]bool{false, false, true, true}, Batch: 60, Checked: true,
			Rates: rates{"lost": 0.25}, seed: 1796058478,
			Steps: []step{
				{Does: filter, Flag: true, Replace: true, Meanwhile: []transaction{put}, Pause: 40 * time.Second, Wait: 10 * time.Second},
				{Does: loseLog, Wait: time.Hour},
			},
		},
		"while the task is stopped": { // seed 1796059202
			Type: department.CDC, Now: true, Tables: [tables]bool{false, false, true, true}, Batch: 60,
			Steps: []step{{Does: stopTask}, {Does: writes, Meanwhile: []transaction{put}, Wait: 5 * time.Minute}, {Does: loseLog}},
		},
		"while there is no task": { // seed 1796059248
			Type: department.CDC, Backfill: new(true), Tables: [tables]bool{false, true, true, true}, Batch: 60, Clearing: dms.Clears,
			Steps: []step{{Does: deleteTask, Meanwhile: []transaction{put}}, {Does: truncate, Table: 2, Wait: time.Minute}, {Does: loseLog}},
			Open:  []openTransaction{{After: 5 * time.Minute, For: 50 * time.Minute, Does: transaction{{Does: updateAll, Table: 2, Value: 701}}}},
		},
		"after all tables were loaded": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{false, false, false, true}, Batch: 60,
			Steps: []step{{Does: stopTask}, {Does: writes, Meanwhile: []transaction{put}, Wait: 5 * time.Minute}, {Does: loseLog}},
		},
	} {
		t.Run(name, func(t *testing.T) { relive(t, h) })
	}
}

// The checkpoint of a task is lost with the task. A new one that loads nothing starts later.
func TestHistoriesWithReplacedTasks(t *testing.T) {
	put := transaction{{Does: putRow, Table: 3, Key: 5, Value: 7}}
	for _, checked := range []bool{false, true} {
		relive(t, history{
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true, false, false, true}, Batch: 60, Checked: checked,
			Steps: []step{
				{Does: pause, Flag: true, Wait: time.Minute},
				{Does: writes, Meanwhile: []transaction{put}, Wait: 5 * time.Hour},
				{Does: renew, Wait: time.Minute},
				{Does: pause, Wait: time.Hour},
				{Does: runJob},
			},
		})
	}
}
