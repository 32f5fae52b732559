package operator

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Tables are tables of a department.
type Tables struct {
	Department string    `json:"department"`
	At         time.Time `json:"at"`
	Tables     []Table   `json:"tables"`
}

// Table is a table of a job, as the records have it.
type Table struct {
	Table  string          `json:"table"`  // SCHEMA.TABLE at the source
	Target string          `json:"target"` // SCHEMA.TABLE in the lake
	Job    string          `json:"job"`
	Type   department.Type `json:"type"` // of the job
	// Good says that the last run that had the table found it good. It is false if no run has had it.
	Good   bool   `json:"good"`
	State  string `json:"state,omitempty"`  // table state of DMS
	Reason string `json:"reason,omitempty"` // why it is not good
	Proof  string `json:"proof,omitempty"`
	// Missing says that rows are missing or wrong until the table is reloaded. DDL says that DDL ran on it.
	Missing bool `json:"rowsMissing,omitempty"`
	DDL     bool `json:"ddlSeen,omitempty"`
	// Held says why readers do not get the last load, although it is proven.
	Held []string `json:"held,omitempty"`
	// GoodAt is up to when the lake has the rows of the source, as far as the records say: the end of the last good load, or the last
	// run that found a followed table good. It is nil if there was none.
	GoodAt *time.Time `json:"goodAt,omitempty"`
	Rows   int64      `json:"rows"`  // of the last good load
	Bytes  int64      `json:"bytes"` // of its files
	// Readers is the snapshot of a full load that readers see; nil for a job that follows changes, and before the first one.
	Readers *Snapshot `json:"readers,omitempty"`
	// LastRun is the start of the last run that had the table; nil if none had.
	LastRun *time.Time `json:"lastRun,omitempty"`
	Run     string     `json:"run,omitempty"` // its name
}

// Snapshot is a full load of a table, as readers see it.
type Snapshot struct {
	Snapshot string `json:"snapshot"` // such as 20261201T020000Z, the start of its run
	Location string `json:"location"`
	// RolledBack says that a person has put it back, and a newer one was there. Why says why the last run has not published its load.
	RolledBack bool   `json:"rolledBack,omitempty"`
	Why        string `json:"why,omitempty"`
}

// OlderThan says that the lake may lack what the source has had for longer than a time.
func (t Table) OlderThan(age time.Duration, at time.Time) bool {
	return t.GoodAt == nil || at.Sub(*t.GoodAt) > age
}

// lookBack is how many records of a table are read for its last good one.
const lookBack = 60

// Tables returns the tables of a job, or of all jobs if job is empty, in the order of the file. With a stale time it returns only
// those that are older.
func (d *Department) Tables(ctx context.Context, job string, stale time.Duration) (Tables, error) {
	jobs := d.Manifest.Jobs
	if job != "" {
		one, err := d.Job(job)
		if err != nil {
			return Tables{}, err
		}
		jobs = []manifest.Job{one}
	}
	all := Tables{Department: d.Name, At: time.Now().UTC()}
	for _, job := range jobs {
		for _, task := range job.Tasks {
			for _, t := range task.Tables {
				all.Tables = append(all.Tables, Table{
					Table: t.String(), Target: t.TargetSchema + "." + t.TargetName, Job: job.Name, Type: job.Type,
				})
			}
		}
	}
	err := inParallel(len(all.Tables), func(i int) error { return d.readTable(ctx, &all.Tables[i]) })
	if stale > 0 {
		all.Tables = slices.DeleteFunc(all.Tables, func(t Table) bool { return !t.OlderThan(stale, all.At) })
	}
	return all, err
}

// readTable reads the records of a table into it.
func (d *Department) readTable(ctx context.Context, t *Table) error {
	found, err := records.LatestOfTable(ctx, d.records, d.table(), t.Table, lookBack)
	if err != nil {
		return err
	}
	for _, r := range found {
		if r.Job != t.Job {
			continue
		}
		if t.LastRun == nil {
			t.fill(r)
		}
		if p := r.Published; p != nil && p.Run != "" && t.Readers == nil {
			t.Readers = &Snapshot{Snapshot: p.Run, Location: p.Location, RolledBack: p.Status == records.RolledBack, Why: p.Why}
		}
		if t.GoodAt == nil && t.isWhatReadersSee(r) {
			t.GoodAt, t.Rows, t.Bytes = new(goodAt(t.Type, r)), r.Rows, r.Bytes
		}
	}
	return nil
}

// isWhatReadersSee says that a record is that of the run whose rows readers see.
func (t *Table) isWhatReadersSee(r records.Table) bool {
	if t.Readers != nil {
		return r.Snapshot != nil && r.Snapshot.Run == t.Readers.Snapshot
	}
	return r.Good
}

// fill fills in what the record of the last run says.
func (t *Table) fill(r records.Table) {
	t.LastRun, t.Run = new(records.RunStart(r.SK)), executionName(r.Execution)
	t.Good, t.State, t.Reason, t.Proof, t.Missing, t.DDL = r.Good, r.State, r.Reason, r.Proof, r.Diverged, r.DDLSeen
	for _, gate := range r.Held {
		t.Held = append(t.Held, gate.Why)
	}
}

// goodAt is up to when the lake has the rows of a table that a run found good. A full load reads the rows from its start on.
func goodAt(of department.Type, r records.Table) time.Time {
	if !of.Continuous() && r.LoadStartedAt != nil {
		return *r.LoadStartedAt
	}
	return records.RunStart(r.SK)
}

// parallelReads is how many reads of the records run at once.
const parallelReads = 16

// inParallel calls f with each number below n, several at once, and returns the first error.
func inParallel(n int, f func(int) error) error {
	var all sync.WaitGroup
	errs := make(chan error, n)
	slots := make(chan struct{}, parallelReads)
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := f(i); err != nil {
				errs <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return fmt.Errorf("read the tables: %w", err)
	default:
		return nil
	}
}
