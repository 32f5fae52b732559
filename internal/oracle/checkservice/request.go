// Package checkservice answers requests about the source database with package oracle: as the check function that a run
// calls, and as a command for a person.
package checkservice

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle"
)

// What can be asked.
const (
	Check  = "check"  // is the database ready, and how are its tables best read?
	SCN    = "scn"    // what is its system change number now? To be taken just before a load, for Counts
	Counts = "counts" // has every row arrived?
)

// Request is what is asked of a database.
type Request struct {
	Do     string  `json:"do,omitempty"` // default: Check
	Tables []Table `json:"tables,omitempty"`

	// The rest of a Check: what the job needs.
	FullLoad bool      `json:"fullLoad,omitempty"`
	CDC      bool      `json:"cdc,omitempty"`
	Capture  string    `json:"capture,omitempty"` // oracle.LogMiner or oracle.BinaryReader
	Planning *Planning `json:"planning,omitempty"`

	// SCN is what SCN answered before the load; of Counts. 0 if it could not be taken.
	SCN int64 `json:"scn,omitempty"`
}

// Table is a table of a Request.
type Table struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`

	Exclude  []string `json:"exclude,omitempty"`  // of Check: columns that stay behind
	LOBMaxKB int      `json:"lobMaxKB,omitempty"` // of Check: the limit; 0 if it is to be measured
	Parallel bool     `json:"parallel,omitempty"` // of Check: whether a plan is wanted

	Filters []Filter `json:"filters,omitempty"`
	Loaded  int64    `json:"loaded,omitempty"` // of Counts: DMS's FullLoadRows
	Files   *int64   `json:"files,omitempty"`  // of Counts: rows in the files, if they were counted
}

// Filter is a condition on a column, as department.Filter.
type Filter struct {
	Column   string `json:"column"`
	Operator string `json:"operator"`
	Value    string `json:"value,omitempty"`
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
}

// Planning overrules when a table is split; see oracle.Planning.
type Planning struct {
	LargeBytes   int64 `json:"largeBytes,omitempty"`
	SegmentBytes int64 `json:"segmentBytes,omitempty"`
	MaxSegments  int   `json:"maxSegments,omitempty"`
	ExactRows    int64 `json:"exactRows,omitempty"`
}

// Answer is what a Request is answered with. It can be large, for a thousand tables: keep it beside a run, not in it.
type Answer struct {
	Driver string `json:"driver"` // with which the database was asked
	oracle.Report
	SCN       int64             `json:"scn,omitempty"`
	RowCounts []oracle.RowCount `json:"rowCounts,omitempty"`
}

// Service asks a database.
type Service struct {
	Driver  string
	DB      *sql.DB
	Address string                                     // where the database is, HOST:PORT
	Explain func(error) (text, fix string, known bool) // see oracle.Needs
	// Planning is for requests that have none of their own.
	Planning Planning
}

// close ends the connections. That it fails, as when the network is gone, changes nothing of what was found out.
func (i Service) close() { _ = i.DB.Close() }

// Answer answers a request. What is wrong with the database is in the answer; an error is a request that nobody can
// answer, or an SCN that could not be taken.
func (i Service) Answer(ctx context.Context, r Request) (Answer, error) {
	answer := Answer{Driver: i.Driver, Report: oracle.Report{Findings: []oracle.Finding{}}}
	if err := r.check(); err != nil {
		return answer, err
	}
	ctx, cancel := before(ctx)
	defer cancel()
	switch r.Do {
	case SCN:
		var err error
		answer.SCN, err = oracle.CurrentSCN(ctx, i.DB)
		return answer, plainError(err)
	case Counts:
		answer.RowCounts = oracle.Verify(ctx, i.DB, r.arrivals(), r.SCN, oracle.Needs{QueryTime: countTime})
	default:
		answer.Report = oracle.Check(ctx, i.DB, r.tables(), i.needs(r))
	}
	answer.plain()
	return answer, nil
}

// margin is how long before the end of a function's time it gives its answer: what is not known by then is said so,
// which is more than a function that is cut off can say.
const margin = 15 * time.Second

func before(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-margin))
}

func (r Request) check() error {
	switch r.Do {
	case "", Check, SCN, Counts:
	default:
		return fmt.Errorf("%q cannot be done: it is not one of %s, %s and %s", r.Do, Check, SCN, Counts)
	}
	if len(r.Tables) == 0 && (r.Do == "" || r.Do == Check) {
		return fmt.Errorf("there are no tables to check")
	}
	if r.CDC && r.Capture != oracle.LogMiner && r.Capture != oracle.BinaryReader {
		return fmt.Errorf("the job follows changes by %q, which is neither %s nor %s", r.Capture, oracle.LogMiner, oracle.BinaryReader)
	}
	for _, t := range r.Tables {
		if t.Schema == "" || t.Name == "" || strings.ContainsRune(t.Schema+t.Name, '"') {
			return fmt.Errorf("%q in schema %q is not a table's name", t.Name, t.Schema)
		}
	}
	return nil
}

func (i Service) needs(r Request) oracle.Needs {
	planning := i.Planning
	if r.Planning != nil {
		planning = *r.Planning
	}
	return oracle.Needs{
		FullLoad: r.FullLoad, CDC: r.CDC, Capture: r.Capture, Planning: oracle.Planning(planning), Explain: i.Explain,
	}
}

func (r Request) tables() []oracle.Table {
	tables := make([]oracle.Table, len(r.Tables))
	for i, t := range r.Tables {
		tables[i] = oracle.Table{
			Schema: t.Schema, Name: t.Name, Exclude: t.Exclude, Filters: t.filters(), LOBMaxKB: t.LOBMaxKB, Parallel: t.Parallel,
		}
	}
	return tables
}

func (r Request) arrivals() []oracle.LoadedTable {
	arrivals := make([]oracle.LoadedTable, len(r.Tables))
	for i, t := range r.Tables {
		arrivals[i] = oracle.LoadedTable{
			Table: oracle.Table{Schema: t.Schema, Name: t.Name, Filters: t.filters()}, Loaded: t.Loaded, Files: t.Files,
		}
	}
	return arrivals
}

func (t Table) filters() (all []oracle.Filter) {
	for _, f := range t.Filters {
		all = append(all, oracle.Filter(f))
	}
	return all
}

// Filters are those of a department's file.
func Filters(of []department.Filter) (all []Filter) {
	for _, f := range of {
		all = append(all, Filter(f))
	}
	return all
}

// OfJob is the check of a department's job. A plan is wanted of every table that is loaded and for which the file does
// not have one.
func OfJob(d *department.Department, job department.Job) Request {
	r := Request{
		FullLoad: job.Type != department.CDC, CDC: job.Type.Continuous(), Capture: d.Source.Capture,
	}
	for _, t := range job.Tables {
		limit := t.LOBMaxKB
		if limit == 0 {
			limit = job.LOBMaxKB
		}
		r.Tables = append(r.Tables, Table{
			Schema: t.Schema, Name: t.Name, Exclude: t.Exclude, Filters: Filters(t.Filters), LOBMaxKB: max(limit, 0),
			Parallel: r.FullLoad && (t.Parallel == nil || t.Parallel.Type == department.Auto),
		})
	}
	return r
}
