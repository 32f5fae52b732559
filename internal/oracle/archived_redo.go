package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// ArchivedRedo says, at one moment, how far back DMS can read the redo log of a database, and from where on a task that follows
// changes must be able to read it.
type ArchivedRedo struct {
	Destination int64 `json:"destination"` // the destination whose archived logs DMS reads
	// LogHours is how many hours ago the oldest archived log begins that is there: of a cluster (RAC), in the thread whose logs go
	// back least. Nil if it is not known; then Problem says why.
	LogHours *float64 `json:"logHours,omitempty"`
	// AllKept says that the database knows of no log of the destination that was deleted. Then the redo log may have begun to be
	// archived LogHours ago.
	AllKept bool   `json:"allKept,omitempty"`
	Problem string `json:"problem,omitempty"`
	// TransactionHours is how many hours ago the oldest open transaction began; 0 if none is open. Nil if it is not known; then
	// TransactionProblem says why.
	TransactionHours   *float64 `json:"transactionHours,omitempty"`
	TransactionProblem string   `json:"transactionProblem,omitempty"`
}

// destination returns the destination whose archived logs DMS reads: the one of the endpoint's settings, or else destination 1.
func (l RedoLog) destination() (id int64, named bool) {
	if len(l.Destinations) > 0 {
		return int64(l.Destinations[0]), true
	}
	return 1, false
}

// transactionBranch reads when the oldest open transaction began. A transaction that has written no redo yet has the START_SCN 0.
var transactionBranch = redoBranch{kind: "transactions", query: query{
	name: "transactions", text: `SELECT 'transactions', COUNT(*), (SYSDATE - MIN(start_date)) * 24, 0, 0
  FROM gv$transaction WHERE start_scn > 0`,
	objects: []string{"GV_$TRANSACTION"}, loses: "the oldest open transaction",
}}

// standbyBranch reads whether the database is a standby, which does not show the open transactions of its primary.
var standbyBranch = redoBranch{kind: "standby", query: query{
	name: "role", text: `SELECT 'standby', COUNT(*), 0, 0, 0 FROM v$database WHERE database_role <> 'PRIMARY'`,
	objects: []string{"V_$DATABASE"}, loses: "whether the database is a standby",
}}

// archivedRedoBranches are the parts of the only statement of ReadArchivedRedo.
var archivedRedoBranches = []redoBranch{archivedBranch, transactionBranch, standbyBranch}

// archivedRedoTime is the time limit of ReadArchivedRedo. Its views are small.
const archivedRedoTime = 20 * time.Second

// ReadArchivedRedo reads how far back DMS can read the redo log. It runs one statement, of which each branch reads one dynamic
// view, or a few if Oracle refuses a branch. It has no error: the result says what is not known, and why.
func ReadArchivedRedo(ctx context.Context, db Pool, log RedoLog, explain func(error) (text, fix string, known bool)) ArchivedRedo {
	s := &session{db: db, limit: archivedRedoTime, explain: explain}
	logs, transactions, standby := archivedLogs{}, redoRow{}, redoRow{}
	refused, err := s.union(ctx, queryArchivedRedo, texts(archivedRedoBranches), func(r *sql.Rows) error {
		row, err := scanRedo(r)
		switch row.kind {
		case archivedBranch.kind:
			logs.add(row)
		case transactionBranch.kind:
			transactions = row
		case standbyBranch.kind:
			standby = row
		}
		return err
	})
	if err != nil {
		id, _ := log.destination()
		why := s.connectionFinding(err).Text
		return ArchivedRedo{Destination: id, Problem: why, TransactionProblem: why}
	}
	found := logs.redo(log)
	if why := refused[0]; why != nil {
		found.Problem = notReadable(archivedBranch, why)
	}
	switch why := refused[1]; {
	case why != nil:
		found.TransactionProblem = notReadable(transactionBranch, why)
	case standby.n.Int64 > 0:
		found.TransactionProblem = "a standby database does not show the open transactions of its primary"
	default:
		found.TransactionHours = new(max(transactions.hours.Float64, 0))
	}
	return found
}

// redo returns what the archived logs say about the destination that DMS reads.
func (l archivedLogs) redo(log RedoLog) ArchivedRedo {
	id, named := log.destination()
	hours, allKept, known := l.reach(id)
	switch others := l.destinations(); {
	case known:
		return ArchivedRedo{Destination: id, LogHours: &hours, AllKept: allKept}
	case len(others) == 0:
		return ArchivedRedo{Destination: id, Problem: "the database has not archived a log yet, as far as it knows"}
	case named:
		return ArchivedRedo{Destination: id, LogHours: new(0.0)} // The file names a destination that has no log.
	default:
		return ArchivedRedo{Destination: id, Problem: fmt.Sprintf("destination %d, which DMS reads, has no archived log, but destination "+
			"%s has; write %s", id, numbers(others), log.reading(l.longest()))}
	}
}

// notReadable says that the user may not read the view of a branch.
func notReadable(b redoBranch, why error) string {
	return fmt.Sprintf("the user may not read %s: %s", b.objects[0], firstLine(why))
}
