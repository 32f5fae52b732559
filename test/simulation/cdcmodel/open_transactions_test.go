package cdcmodel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/dms"
)

// openTransaction is a transaction of the source that stays open while the history goes on.
type openTransaction struct {
	// Step is the number of the step at whose beginning the transaction is planned; 0 is the time before the first deploy.
	Step  int
	After time.Duration // from then until it begins
	For   time.Duration // from its beginning to its end; less than source.openTransactionMinutes
	Does  transaction
	Back  bool // it is rolled back at its end
}

func (o openTransaction) String() string {
	end := "committed"
	if o.Back {
		end = "rolled back"
	}
	return fmt.Sprintf("%v after the beginning of step %d, open for %v, then %s: {%v}", o.After, o.Step, o.For, end, o.Does)
}

// openTransactionsOf draws open transactions of a history with these steps. Half of them are open when a task may start for the
// first time: at the first deploy, and when the task is replaced.
func openTransactionsOf(all []step) *rapid.Generator[openTransaction] {
	starts := []int{0}
	for i, s := range all {
		if s.Does == renew {
			starts = append(starts, i, i+1) // The numbers of the step before and of the step itself.
		}
	}
	return rapid.Custom(func(t *rapid.T) openTransaction {
		return openTransaction{
			Step: rapid.OneOf(rapid.SampledFrom(starts), rapid.IntRange(0, len(all))).Draw(t, "step"),
			After: rapid.SampledFrom([]time.Duration{
				0, time.Second, 10 * time.Second, time.Minute, 5 * time.Minute,
			}).Draw(t, "begins after"),
			For: rapid.SampledFrom([]time.Duration{
				time.Second, time.Minute, 4 * time.Minute, 12 * time.Minute, 50 * time.Minute, 50 * time.Minute,
			}).Draw(t, "open for"),
			Does: transactions.Draw(t, "open transaction"),
			Back: rapid.IntRange(0, 9).Draw(t, "rolled back") == 9,
		}
	})
}

// openAt starts the open transactions of a step. Each runs beside the history.
func (w *world) openAt(step int) {
	for i, o := range w.history.Open {
		if o.Step == step {
			w.open.Go(func() { w.keepOpen(o, time.Duration(i)) })
		}
	}
}

// keepOpen is the life of an open transaction, and of one beside it that writes nothing. number distinguishes it from the others,
// so that no two events have one time.
func (w *world) keepOpen(o openTransaction, number time.Duration) {
	time.Sleep(o.After)
	w.momentOf(number)
	idle, tx := w.db.Begin(), w.db.Begin()
	defer idle.Rollback()
	for _, s := range o.Does {
		if err := tx.Exec(s.sql()); err != nil {
			w.t.Errorf("an open transaction fails: %v", err)
		}
	}
	w.story.Add("a transaction begins, open for %v: %v", o.For, o.Does)
	time.Sleep(o.For)
	w.momentOf(number)
	if o.Back {
		tx.Rollback()
		return
	}
	// A table may be dropped meanwhile, which Oracle would not allow.
	if err := tx.Commit(w.t.Context()); err != nil && !strings.Contains(err.Error(), "no such table") {
		w.t.Errorf("an open transaction fails: %v", err)
	}
	w.story.Add("the transaction that was open for %v is committed", o.For)
}

// momentOf is moment for the open transaction of a number.
func (w *world) momentOf(number time.Duration) {
	now := time.Now()
	time.Sleep(now.Truncate(time.Microsecond).Add(time.Microsecond + 510 + number).Sub(now))
}

// unknowns returns the answers of DMS that its guide leaves open.
func (h *history) unknowns() dms.Unknowns {
	u := h.Restarts.Unknowns
	u.AfterStart = h.AfterStart
	return u
}

// startSCN is the SCN that a person writes as startFrom: one less than the current one, and than that at which the oldest open
// transaction began.
func (w *world) startSCN() int64 {
	scn, err := w.db.SCN(w.t.Context())
	w.must(err)
	for _, tx := range w.db.OpenTransactions() {
		scn = min(scn, tx.StartSCN())
	}
	return scn - 1
}

// These histories are short forms of random histories in which a task started at the current SCN, and missed transactions that
// were open then.
func TestHistoriesWithOpenTransactions(t *testing.T) {
	put := transaction{{Does: putRow, Table: 0, Key: 2, Value: 31}, {Does: updateAll, Table: 2, Value: 7}}
	other := transaction{{Does: putRow, Table: 1, Key: 4, Value: 725}}
	for name, h := range map[string]history{
		"a transaction is open at the first start": { // seed 6
			Type: department.CDC, Now: true, Tables: [tables]bool{true, false, true}, Batch: 60,
			Open: []openTransaction{{For: 12 * time.Minute, Does: put}},
		},
		"several are open, and one is rolled back": { // seed 77
			Type: department.CDC, Now: true, Tables: [tables]bool{true, true}, Batch: 120,
			Open: []openTransaction{
				{For: 50 * time.Minute, Does: other},
				{After: time.Second, For: 50 * time.Minute, Does: put, Back: true},
				{After: time.Minute, For: 50 * time.Minute, Does: put},
			},
		},
		"a transaction is open while a task is replaced by one that loads nothing": { // seed 17
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true, false, true}, Batch: 60,
			Steps: []step{
				{Does: writes, Meanwhile: []transaction{other}, Wait: 11 * time.Minute},
				{Does: renew, Wait: time.Minute},
				{Does: runJob, Wait: time.Minute},
			},
			Open: []openTransaction{{Step: 1, After: 5 * time.Minute, For: 50 * time.Minute, Does: put}},
		},
		"a transaction is open while a full load begins": {
			Type: department.FullLoadAndCDC, Tables: [tables]bool{true, false, true}, Batch: 60,
			Steps: []step{{Does: begin, Wait: time.Minute}, {Does: writes, Meanwhile: []transaction{put}, Wait: time.Hour}, {Does: runJob}},
			Open:  []openTransaction{{For: 50 * time.Minute, Does: put}},
		},
	} {
		for _, checked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, checked: %v", name, checked), func(t *testing.T) {
				h.Checked, h.AfterStart = checked, true
				relive(t, h)
			})
		}
	}
}
