package oraclecheck_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/oracle"
)

// log returns a statement that adds an archived log, which began and ended so many hours ago.
func log(destination, thread int, began, ended float64, there bool) string {
	deleted, status := "NO", "A"
	if !there {
		deleted, status = "YES", "D"
	}
	return fmt.Sprintf(`INSERT INTO v$archived_log (dest_id, thread_no, first_time, next_time, deleted, status, standby_dest)
		VALUES (%d, %d, JULIANDAY('now', '-%g hours'), JULIANDAY('now', '-%g hours'), '%s', '%s', 'NO');`,
		destination, thread, began, ended, deleted, status)
}

func transaction(began float64) string {
	return fmt.Sprintf(`INSERT INTO gv$transaction (start_scn, start_date) VALUES (4711, JULIANDAY('now', '-%g hours'));`, began)
}

const noLogs = `DELETE FROM v$archived_log;`

// One statement finds how far back DMS can read the redo log, and the oldest open transaction.
func TestArchivedRedo(t *testing.T) {
	for name, test := range map[string]struct {
		change      string
		redo        oracle.RedoLog
		hours       float64 // of the logs; -1 if they are not known
		kept        bool
		problem     string
		transaction float64 // -1 if it is not known
		why         string
	}{
		"no log was deleted":        {hours: 30, kept: true},
		"older logs were deleted":   {change: log(1, 1, 50, 30, false), hours: 30},
		"an open transaction":       {change: transaction(3) + transaction(1), hours: 30, kept: true, transaction: 3},
		"a transaction without SCN": {change: `INSERT INTO gv$transaction (start_scn, start_date) VALUES (0, JULIANDAY('now', '-9 hours'));`, hours: 30, kept: true},
		"a log that expired": {
			change: `UPDATE v$archived_log SET status = 'X' WHERE first_time < JULIANDAY('now', '-1 days');`, hours: 2,
		},
		"a log that was restored":         {change: log(1, 1, 50, 30, false) + log(1, 1, 50, 30, true), hours: 50},
		"a log of a standby":              {change: strings.Replace(log(1, 1, 90, 30, true), "'NO');", "'YES');", 1), hours: 30, kept: true},
		"logs are deleted at once":        {change: `UPDATE v$archived_log SET deleted = 'YES', status = 'D';`, hours: 1},
		"no log yet":                      {change: noLogs, hours: -1, problem: "not archived a log yet"},
		"the other threads keep less":     {change: log(1, 1, 50, 30, false) + log(1, 2, 20, 9, false) + log(1, 2, 9, 1, true), hours: 9},
		"a thread is new":                 {change: log(1, 1, 50, 30, false) + log(1, 2, 2, 1, true), hours: 30},
		"a thread is new, all is kept":    {change: log(1, 2, 2, 1, true), hours: 30, kept: true},
		"a thread was closed long ago":    {change: log(1, 1, 50, 30, false) + log(1, 2, 900, 800, false), hours: 30},
		"a thread deletes its logs":       {change: log(1, 2, 2, 0.5, false), hours: 0.5},
		"another destination":             {change: log(2, 1, 80, 70, true), hours: 30, kept: true},
		"the destination of the endpoint": {change: log(2, 1, 80, 70, true), redo: oracle.RedoLog{Destinations: []int{2, 1}}, hours: 80, kept: true},
		"destination zero":                {change: log(0, 1, 5, 4, true), redo: oracle.RedoLog{Destinations: []int{0}}, hours: 5, kept: true},
		"a named destination without logs": {
			redo: oracle.RedoLog{Destinations: []int{3}}, hours: 0,
		},
		"logs in another destination only": {
			change: noLogs + log(2, 1, 80, 70, true), hours: -1, problem: "write source: {oracle: {archivedLogDestId: 2}}",
		},
		"a standby": {
			change: `UPDATE v$database SET database_role = 'PHYSICAL STANDBY'`, hours: 30, kept: true, transaction: -1,
			why: "a standby database does not show",
		},
		"no grant on the logs": {
			change: `DROP TABLE v$archived_log`, hours: -1, problem: "the user may not read V_$ARCHIVED_LOG: ORA-00942",
		},
		"no grant on the transactions": {
			change: `DROP TABLE gv$transaction`, hours: 30, kept: true, transaction: -1, why: "the user may not read GV_$TRANSACTION: ORA-00942",
		},
		"no grant on the role": {change: `DROP TABLE v$database`, hours: 30, kept: true},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			db.Run(t, test.change)
			got := oracle.ReadArchivedRedo(t.Context(), db, test.redo, nil)
			near := func(what string, got *float64, want float64) {
				t.Helper()
				if (got == nil) != (want < 0) || got != nil && math.Abs(*got-want) > 0.01 {
					t.Errorf("%s: %v, want %g (-1: not known)", what, got, want)
				}
			}
			near("hours of the logs", got.LogHours, test.hours)
			near("hours of the oldest transaction", got.TransactionHours, test.transaction)
			if got.AllKept != test.kept {
				t.Errorf("all logs are kept: %t, want %t", got.AllKept, test.kept)
			}
			if !strings.Contains(got.Problem, test.problem) || (got.Problem == "") != (got.LogHours != nil) {
				t.Errorf("problem %q, want %q", got.Problem, test.problem)
			}
			if !strings.Contains(got.TransactionProblem, test.why) || (got.TransactionProblem == "") != (got.TransactionHours != nil) {
				t.Errorf("problem of the transactions %q, want %q", got.TransactionProblem, test.why)
			}
			if n := len(db.Statements()); n != 1 && !strings.Contains(name, "grant") {
				t.Errorf("%d statements, want one", n)
			}
		})
	}
}

// A database that cannot be asked says why.
func TestArchivedRedoIsNotKnown(t *testing.T) {
	db := ready(t)
	db.FailWith("v$archived_log", errors.New("ORA-12541: TNS:no listener"))
	got := oracle.ReadArchivedRedo(t.Context(), db, oracle.RedoLog{}, nil)
	if got.LogHours != nil || !strings.Contains(got.Problem, "cannot be reached: ORA-12541") || got.TransactionProblem != got.Problem {
		t.Errorf("%+v, want why the database cannot be asked", got)
	}
	began := time.Now()
	db = ready(t)
	db.Stall("v$archived_log")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := oracle.ReadArchivedRedo(ctx, db, oracle.RedoLog{}, nil); !strings.Contains(got.Problem, "does not answer in time") {
		t.Errorf("%+v, want that the database does not answer", got)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// The check of a job that follows changes finds how long its task could stand still.
func TestRedoDeadlineOfANewTask(t *testing.T) {
	const (
		twoDays   = "in the job that deletes archived logs: RMAN> DELETE ARCHIVELOG ALL COMPLETED BEFORE 'SYSDATE-2';"
		orTwoDays = "end the transaction, or keep the logs for longer: " + twoDays
		orThree   = "end the transaction, or keep the logs for longer: in the job that deletes archived logs: RMAN> DELETE ARCHIVELOG ALL " +
			"COMPLETED BEFORE 'SYSDATE-3';"
	)
	cdc := following
	cdc.FullLoad = false
	old := log(1, 1, 50, 30, false)
	for name, test := range map[string]struct {
		change string
		needs  oracle.Needs
		limit  int
		want   string // severity and fix
		text   string
	}{
		"the logs go back far enough":        {change: old, needs: following},
		"a limit above the logs":             {change: old, needs: following, limit: 48, want: "warning " + twoDays, text: "stand still for 30.0 hours, and source.redoDeadlineHours is 48"},
		"a short transaction":                {change: old + transaction(2), needs: following},
		"a long transaction":                 {change: old + transaction(21), needs: following, want: "warning " + orTwoDays, text: "began 21.0 hours ago: a task could stand still for 9.0 hours"},
		"a long transaction, and a limit":    {change: old + transaction(21), needs: following, limit: 8},
		"a transaction older than the logs":  {change: old + transaction(40), needs: following, want: "warning " + orThree, text: "does not find its log (ORA-01291)"},
		"the same for a cdc job":             {change: old + transaction(40), needs: cdc, want: "failed " + orThree},
		"the same if no log was deleted":     {change: transaction(40), needs: cdc, want: "failed " + orThree},
		"a long transaction, all logs there": {change: transaction(21), needs: cdc},
		"no job that follows changes":        {change: old + transaction(40), needs: oracle.Needs{FullLoad: true}},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			db.Run(t, test.change)
			test.needs.RedoDeadlineHours = cmp.Or(test.limit, 12)
			var got []string
			for _, f := range oracle.Check(t.Context(), db, []oracle.Table{orders}, test.needs).Findings {
				got = append(got, string(f.Severity)+" "+f.Fix)
				if f.Assessment != "oralake-redo-deadline" || !strings.Contains(f.Text, test.text) {
					t.Errorf("%s: %s; want %q", f.Assessment, f.Text, test.text)
				}
			}
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if !slices.Equal(got, want) {
				t.Errorf("findings %q, want %q", got, want)
			}
		})
	}
}
