package cdcmodel_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/dms"
)

// history is what happens to a source and to the job that replicates it.
type history struct {
	seed uint64
	// Type is the type of the job. With Now a cdc job has startFrom: now; otherwise it starts at an SCN before all changes.
	Type     department.Type
	Now      bool
	Backfill *bool // the value in the first file
	Tables   [tables]bool
	Batch    int // lake.cdcMaxBatchSeconds
	Steps    []step
	Runs     []dms.RunFault // faults of the task that replicates changes, one for each start
	Loads    []dms.RunFault // likewise, of tasks that load added tables
	Rates    rates
	Jitter   float64
	// CountersRestart says that counts of changes start again at 0 when a task is resumed.
	CountersRestart bool
	Restarts        restarts
	Open            []openTransaction
	Checked         bool // runs check the database before they create or modify a task
	// KeysOnly are the tables of whose updates the redo log has only the changed columns and the key, at first.
	KeysOnly [tables]bool
	// AfterStart is an answer that the guide of DMS leaves open: see dms.Unknowns.
	AfterStart bool
	// Clearing is what DMS does with the files of a task's predecessor.
	Clearing dms.Clearing
}

// step is one event of a history.
type step struct {
	number int // in the history before shrinking
	Does   string
	Table  int
	Chosen [tables]bool // tables of the list or of the reload
	Flag   bool
	// Replace says that the file allows to replace the task.
	Replace bool
	Batch   int
	// Meanwhile are transactions that are written during the step, with a pause before each.
	Meanwhile []transaction
	Pause     time.Duration
	After     time.Duration // when a person stops the execution, or how long the instance is lost
	Wait      time.Duration // until the next step
}

// The steps.
const (
	writes      = "write"
	rollBack    = "roll back"
	truncate    = "truncate"
	addColumn   = "add a column"
	drop        = "drop a table and create it again"
	truncReload = "truncate a table and reload it"
	runJob      = "run"
	resume      = "run with resume"
	reload      = "reload"
	begin       = "start a run"
	beginLoad   = "start a reload"
	interrupt   = "start a run and stop it"
	interruptL  = "start a reload and stop it"
	list        = "deploy another list"
	join        = "deploy one more table"
	pause       = "deploy paused or not"
	batch       = "deploy another batch interval"
	backfill    = "deploy another backfill"
	stopTask    = "stop the task"
	startTask   = "start the task"
	renew       = "deploy another type, which replaces the task"
	lose        = "lose the instance"
	loseLog     = "lose the archived logs"
	pass        = "let time pass"
	exclude     = "deploy other excluded columns"
	filter      = "deploy another filter"
	deleteTask  = "delete the task"
)

func (s step) String() string {
	words := []string{fmt.Sprintf("%d: %s", s.number, s.Does)}
	switch s.Does {
	case truncate, addColumn, truncReload, drop, join:
		words = append(words, tableName(s.Table))
	case exclude, filter:
		words = append(words, tableName(s.Table), fmt.Sprint(s.Flag), "onReplace:", fmt.Sprint(s.Replace))
	case list, reload, beginLoad, interruptL, acceptDDL:
		words = append(words, fmt.Sprint(names(s.Chosen)))
	case batch:
		words = append(words, fmt.Sprint(s.Batch))
	case backfill, pause:
		words = append(words, fmt.Sprint(s.Flag))
	case relog:
		words = append(words, tableName(s.Table), fmt.Sprint(s.Flag))
	}
	if s.Does == outage || s.Does == recycle || s.Does == interrupt || s.Does == interruptL || s.Does == lose || s.Does == truncReload || s.Does == drop {
		words = append(words, fmt.Sprintf("(%v)", s.After))
	}
	for _, t := range s.Meanwhile {
		words = append(words, fmt.Sprintf("{%v}", t))
	}
	return strings.Join(append(words, fmt.Sprintf("then %v", s.Wait)), " ")
}

// names returns the names of the chosen tables.
func names(chosen [tables]bool) (all []string) {
	for i, yes := range chosen {
		if yes {
			all = append(all, tableName(i))
		}
	}
	return all
}

// newHistory returns the history of a seed, always the same one.
func newHistory(seed uint64) history {
	h := histories.Example(int(seed))
	h.seed = seed
	for i := range h.Steps {
		h.Steps[i].number = i + 1
	}
	h.drawDDL()
	h.drawRestarts()
	return h
}

var histories = rapid.Custom(func(t *rapid.T) history {
	h := history{
		Type:     rapid.SampledFrom([]department.Type{department.FullLoadAndCDC, department.CDC}).Draw(t, "type"),
		Batch:    batches.Draw(t, "batch"),
		Jitter:   rapid.Float64Range(0.3, 0.7).Draw(t, "jitter"),
		Clearing: rapid.SampledFrom([]dms.Clearing{dms.ClearsNothing, dms.Clears}).Draw(t, "clearing"),
	}
	if h.Type == department.CDC {
		h.Now = rapid.Bool().Draw(t, "now")
		h.Backfill = rapid.SampledFrom([]*bool{nil, new(true), new(true), new(false)}).Draw(t, "backfill")
	}
	h.Tables = lists.Draw(t, "tables")
	h.Steps = rapid.SliceOfN(steps, 8, 24).Draw(t, "steps")
	if rapid.Bool().Draw(t, "runs go wrong") {
		h.Runs = rapid.SliceOfN(runFaults, 1, 8).Draw(t, "runs")
		h.Loads = rapid.SliceOfN(runFaults, 0, 3).Draw(t, "loads")
	}
	if rapid.Bool().Draw(t, "calls go wrong") {
		h.Rates = rates{}
		for range rapid.IntRange(1, 3).Draw(t, "kinds") {
			kind := rapid.SampledFrom(kinds).Draw(t, "kind")
			h.Rates[kind] = rapid.SampledFrom([]float64{0.02, 0.1, 0.25}).Draw(t, "rate")
		}
	}
	h.Open = rapid.SliceOfN(openTransactionsOf(h.Steps), 0, 6).Draw(t, "open")
	h.Checked = rapid.Bool().Draw(t, "checked")
	for i := range h.KeysOnly {
		h.KeysOnly[i] = rapid.SampledFrom([]bool{false, false, true}).Draw(t, "keys only")
	}
	h.AfterStart = rapid.Bool().Draw(t, "after the start")
	return h
})

var (
	pauses  = rapid.SampledFrom([]time.Duration{time.Second, 7 * time.Second, 40 * time.Second, 4 * time.Minute})
	batches = rapid.SampledFrom([]int{60, 120, 300, 600})
	waits   = rapid.SampledFrom([]time.Duration{
		0, 0, time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 11 * time.Minute,
		time.Hour, 5 * time.Hour,
	})
	// A list has at least one table.
	lists = rapid.Custom(func(t *rapid.T) (chosen [tables]bool) {
		for i := range chosen {
			chosen[i] = rapid.Bool().Draw(t, "in the list")
		}
		chosen[rapid.IntRange(0, tables-1).Draw(t, "at least")] = true
		return chosen
	})
	statements = rapid.Custom(func(t *rapid.T) statement {
		return statement{
			Does: rapid.SampledFrom([]string{
				putRow, putRow, putRow, updateRow, updateRow, deleteRow, deleteRow, moveRow, updateAll,
			}).Draw(t, "does"),
			Table: rapid.IntRange(0, tables-1).Draw(t, "table"),
			Key:   rapid.IntRange(1, mostKey).Draw(t, "key"),
			Value: rapid.IntRange(0, 999).Draw(t, "value"),
		}
	})
	transactions = rapid.Custom(func(t *rapid.T) transaction {
		return rapid.SliceOfN(statements, 1, 4).Draw(t, "statements")
	})
	steps = rapid.Custom(func(t *rapid.T) step {
		s := step{
			Does: rapid.SampledFrom([]string{
				writes, writes, writes, writes, writes, writes, rollBack, truncate, truncate, addColumn, drop, truncReload, truncReload,
				runJob, runJob, runJob, runJob, resume, begin, begin, interrupt, reload, reload, beginLoad, interruptL,
				list, list, list, list, list, join, join, join, join, pause, pause, batch, backfill,
				stopTask, stopTask, startTask, renew, lose, loseLog, pass, relog, exclude, exclude, filter, deleteTask,
			}).Draw(t, "does"),
			Table:  rapid.IntRange(0, tables-1).Draw(t, "table"),
			Chosen: lists.Draw(t, "chosen"),
			Flag:   rapid.Bool().Draw(t, "flag"),
			Batch:  batches.Draw(t, "batch"),
			Pause:  pauses.Draw(t, "pause"),
			Wait:   waits.Draw(t, "wait"),
		}
		least, most := 0, 3
		if s.Does == writes {
			least = 1
		}
		switch s.Does {
		case truncate, addColumn, pass:
			most = 1
		case drop:
			most = 0 // No transaction can run during this step.
		}
		s.Meanwhile = rapid.SliceOfN(transactions, least, most).Draw(t, "beside")
		switch s.Does {
		case exclude, filter:
			s.Replace = rapid.Bool().Draw(t, "may replace")
		case interrupt, interruptL:
			s.After = rapid.SampledFrom([]time.Duration{
				time.Millisecond, 100 * time.Millisecond, time.Second, 16 * time.Second, time.Minute, 3 * time.Minute,
				12 * time.Minute,
			}).Draw(t, "after")
		case truncReload, drop:
			s.After = rapid.SampledFrom([]time.Duration{0, 10 * time.Second, time.Minute, 3 * time.Minute}).Draw(t, "after")
		case lose:
			s.After = rapid.SampledFrom([]time.Duration{
				10 * time.Second, time.Minute, 20 * time.Minute, 2 * time.Hour,
			}).Draw(t, "for")
		}
		return s
	})
	runFaults = rapid.Custom(func(t *rapid.T) dms.RunFault {
		status := rapid.SampledFrom([]string{"failed", "stopped"}).Draw(t, "status")
		switch rapid.IntRange(0, 6).Draw(t, "fault") {
		case 0:
			return dms.RunFault{Fail: "ORA-12170: TNS:Connect timeout occurred"}
		case 1, 2:
			return dms.RunFault{CutAfterFile: rapid.IntRange(1, 3).Draw(t, "file"), End: dms.End{Status: status}}
		case 3:
			after := rapid.SampledFrom([]time.Duration{
				time.Second, time.Minute, 10 * time.Minute, 2 * time.Hour,
			}).Draw(t, "after")
			return dms.RunFault{
				End:    dms.End{After: after, Status: status},
				Tables: rapid.SampledFrom([]int{0, 1, dms.AllTables, dms.AllTables}).Draw(t, "tables"),
			}
		case 4:
			return dms.RunFault{Odd: dms.Odd{
				Status: rapid.SampledFrom([]string{"Error", "Running with errors", "moving", "testing"}).Draw(t, "odd"),
				At:     time.Minute, For: rapid.SampledFrom([]time.Duration{time.Minute, time.Hour}).Draw(t, "for"),
			}}
		}
		return dms.RunFault{}
	})
)
