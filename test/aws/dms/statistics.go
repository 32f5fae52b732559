package dms

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/oracledb"
)

// The states of a table in a task.
const (
	tableMissing   = "Table does not exist"
	tableBefore    = "Before load"
	tableLoading   = "Full load"
	tableCompleted = "Table completed"
	tableCancelled = "Table cancelled"
	tableError     = "Table error"
	tableReloading = "Table is being reloaded"
)

// tableStats is the state of a table in a task.
type tableStats struct {
	table      oracledb.Table
	state      string
	rows       int64 // rows written to the target, updated during the load
	start, end time.Time
	// firstStart and firstEnd are shown instead, if a reload does not renew these times: see Unknowns.
	firstStart, firstEnd time.Time
	updated              time.Time
	reloaded             bool

	// captured counts the changes that were read since the task was created. applied counts the changes that were written.
	// A change that is read again after a resume counts again.
	captured, applied changeCounts
	// loadSCN is the SCN at the start of the load of the table. The load contains every change up to it.
	loadSCN int64
	// held makes changes wait until the table is loaded. dropLoaded then drops the changes that the load contains.
	held, dropLoaded bool

	target         string // SCHEMA/TABLE at the target, empty until the run touches it
	complete, kept bool   // loaded completely by this run, or by an earlier run
	lost           bool   // the source was lost during its load, and it is reported as complete
}

func (t *tableStats) set(state string) {
	t.state, t.updated = state, time.Now()
}

// changeCounts counts changes by operation.
type changeCounts struct{ inserts, updates, deletes, ddls int64 }

func (c *changeCounts) add(op oracledb.Op, n int64) {
	switch op {
	case oracledb.Insert:
		c.inserts += n
	case oracledb.Update:
		c.updates += n
	case oracledb.Delete:
		c.deletes += n
	default:
		c.ddls += n
	}
}

type tableAnswer struct {
	SchemaName                   string
	TableName                    string
	Inserts                      int64
	Deletes                      int64
	Updates                      int64
	Ddls                         int64
	AppliedInserts               int64
	AppliedDeletes               int64
	AppliedUpdates               int64
	AppliedDdls                  int64
	FullLoadRows                 int64
	FullLoadCondtnlChkFailedRows int64
	FullLoadErrorRows            int64
	FullLoadStartTime            *gateway.Time `json:",omitempty"`
	FullLoadEndTime              *gateway.Time `json:",omitempty"`
	FullLoadReloaded             bool
	LastUpdateTime               *gateway.Time `json:",omitempty"`
	TableState                   string
	ValidationPendingRecords     int64
	ValidationFailedRecords      int64
	ValidationSuspendedRecords   int64
	ValidationState              string
}

type tableStatisticsAnswer struct {
	Marker             string `json:",omitempty"`
	ReplicationTaskArn string
	TableStatistics    []tableAnswer
}

func (s *Service) describeTableStatistics(_ context.Context, in struct {
	page
	ReplicationTaskArn string
},
) (tableStatisticsAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.task(in.ReplicationTaskArn)
	if err != nil {
		return tableStatisticsAnswer{}, err
	}
	tables := slices.Clone(t.tables)
	slices.SortFunc(tables, func(a, b *tableStats) int {
		return cmp.Or(cmp.Compare(a.table.Schema, b.table.Schema), cmp.Compare(a.table.Name, b.table.Name))
	})
	all := make([]listed[*tableStats], len(tables))
	for i, table := range tables {
		all[i] = listed[*tableStats]{item: table, sequence: i + 1}
		if len(in.Filters) > 0 {
			all[i].values = map[string][]string{
				"schema-name": {table.table.Schema}, "table-name": {table.table.Name}, "table-state": {table.state},
			}
		}
	}
	// Filters that match no table give an empty page here, unlike in the lists of resources.
	found, marker, err := list("tables", all, in.page, maxTableRecords, "schema-name", "table-name", "table-state")
	if len(in.Filters) > 0 && isNotFound(err) {
		err = nil
	}
	items := make([]tableAnswer, len(found))
	for i, table := range found {
		items[i] = table.answer()
		if t.migrationType == cdc && table.state == tableCompleted {
			items[i].TableState = cmp.Or(s.unknowns.CDCTableState, table.state)
		}
	}
	return tableStatisticsAnswer{marker, t.arn, items}, err
}

const maxTableRecords = 500

func (t *tableStats) answer() tableAnswer {
	start, end := t.start, t.end
	if !t.firstEnd.IsZero() {
		start, end = t.firstStart, t.firstEnd
	}
	return tableAnswer{
		SchemaName: t.table.Schema, TableName: t.table.Name, FullLoadRows: t.rows,
		FullLoadStartTime: gateway.At(start), FullLoadEndTime: gateway.At(end), FullLoadReloaded: t.reloaded,
		LastUpdateTime: gateway.At(t.updated), TableState: t.state, ValidationState: "Not enabled",
		Inserts: t.captured.inserts, Updates: t.captured.updates, Deletes: t.captured.deletes, Ddls: t.captured.ddls,
		AppliedInserts: t.applied.inserts, AppliedUpdates: t.applied.updates, AppliedDeletes: t.applied.deletes,
		AppliedDdls: t.applied.ddls,
	}
}
