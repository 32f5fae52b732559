// Package checkservice answers requests about the source database. It has two users: the Lambda function "check", which a
// run calls (Handler), and the command `oralake check` for a person (Command). Package oracle does the work.
package checkservice

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle"
)

// The kinds of a Request.
const (
	Check = "check" // check whether the database is ready for a job, and plan the load of its tables
	Redo  = "redo"  // read how far back the archived redo logs go; each run of a job that follows changes does it
	SCN   = "scn"   // read the current system change number; a run does it immediately before a load, for Counts
	// Discover lists the tables of a schema, and checks each as for a job; a person asks for it
	Discover = "discover"
	Counts   = "counts" // after a load, compare the rows at the source with the rows that were loaded
)

// Request is a request about a database.
type Request struct {
	Do     string  `json:"do,omitempty"`     // Check (the default), Redo, SCN, Discover or Counts
	Schema string  `json:"schema,omitempty"` // for Discover
	Tables []Table `json:"tables,omitempty"`

	// The fields of a Check: what the job needs.
	FullLoad bool   `json:"fullLoad,omitempty"`
	CDC      bool   `json:"cdc,omitempty"`
	Counts   bool   `json:"counts,omitempty"`  // whether the rows are counted after the load
	Capture  string `json:"capture,omitempty"` // oracle.LogMiner or oracle.BinaryReader
	Format   string `json:"format,omitempty"`  // of the lake's files: parquet or csv; empty if it is not known
	// AddedColumns are the columns that the lake's files have besides those of the tables.
	AddedColumns []string `json:"addedColumns,omitempty"`
	NestedTables bool     `json:"nestedTables,omitempty"` // whether the endpoint lets DMS read nested tables
	// RedoLog is what the file says of the redo log, for a Check and for Redo; nil if it says nothing.
	RedoLog *department.RedoLog `json:"redoLog,omitempty"`
	// RedoDeadlineHours is source.redoDeadlineHours.
	RedoDeadlineHours int `json:"redoDeadlineHours,omitempty"`
	// NumberScale is source.oracle.numberDatatypeScale.
	NumberScale *int      `json:"numberScale,omitempty"`
	Planning    *Planning `json:"planning,omitempty"`

	// SCN is for Counts: the system change number before the load. It is 0 if it is not known.
	SCN int64 `json:"scn,omitempty"`
}

// Table is a table of a Request.
type Table struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`

	// For Check:
	Exclude  []string `json:"exclude,omitempty"`  // columns that are not loaded
	LOBMaxKB int      `json:"lobMaxKB,omitempty"` // the LOB limit in KB; 0 if each run measures it
	Parallel bool     `json:"parallel,omitempty"` // whether the check plans how the load is split
	// RangeColumns and Partitions are the columns and the partitions by which the file splits the load.
	RangeColumns []string `json:"rangeColumns,omitempty"`
	Partitions   []string `json:"partitions,omitempty"`
	View         bool     `json:"view,omitempty"` // whether the file lists it as a view

	Filters []Filter `json:"filters,omitempty"` // for Check and Counts

	// For Counts:
	Loaded int64  `json:"loaded,omitempty"` // DMS's FullLoadRows
	Files  *int64 `json:"files,omitempty"`  // the number of rows in the files; nil if they were not counted
}

// Filter is a condition on a column, like department.Filter.
type Filter struct {
	Column   string `json:"column"`
	Operator string `json:"operator"`
	Value    string `json:"value,omitempty"`
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
}

// Planning overrides the defaults of oracle.Planning: which tables are split, and into how many ranges.
type Planning struct {
	LargeBytes   int64 `json:"largeBytes,omitempty"`
	SegmentBytes int64 `json:"segmentBytes,omitempty"`
	MaxSegments  int   `json:"maxSegments,omitempty"`
	ExactRows    int64 `json:"exactRows,omitempty"`
}

// Answer is the answer to a Request. For a thousand tables it can be too large for a run document.
type Answer struct {
	Driver        string `json:"driver"` // the driver of the connection: godror or go-ora
	oracle.Report        // the answer to Check
	// Redo is the answer to Redo.
	Redo *oracle.ArchivedRedo `json:"redo,omitempty"`
	// Discovered is the answer to Discover, besides the Report.
	Discovered []oracle.DiscoveredTable `json:"discovered,omitempty"`
	// SCN is the answer to SCN: the database's system change number.
	SCN int64 `json:"scn,omitempty"`
	// RowCounts is the answer to Counts, with an item for each table of the request.
	RowCounts []oracle.RowCount `json:"rowCounts,omitempty"`
	// CountedAt is when all of RowCounts were known.
	CountedAt time.Time `json:"countedAt,omitzero"`
}

// Service answers requests with a connection to one database.
type Service struct {
	Driver  string // the driver's name, for the answer
	DB      *sql.DB
	Address string                                     // the database's HOST:PORT, for messages
	Explain func(error) (text, fix string, known bool) // explains why a driver cannot connect; see oracle.Needs
	// Planning is for requests without a Planning.
	Planning Planning
}

// close closes the connections. It ignores an error, such as one of the network: the answer is already complete.
func (s Service) close() { _ = s.DB.Close() }

// Answer answers a request. Problems with the database are findings in the answer. Answer returns an error if the request is
// not valid, or if it is for an SCN that cannot be read. An answer to Redo says itself why something is not known.
func (s Service) Answer(ctx context.Context, r Request) (Answer, error) {
	answer := Answer{Driver: s.Driver, Report: oracle.Report{Findings: []oracle.Finding{}}}
	if err := r.check(); err != nil {
		return answer, err
	}
	ctx, cancel := withMargin(ctx)
	defer cancel()
	switch r.Do {
	case Redo:
		answer.Redo = new(oracle.ReadArchivedRedo(ctx, s.DB, r.redoLog(), s.Explain))
	case SCN:
		var err error
		answer.SCN, err = oracle.CurrentSCN(ctx, s.DB)
		return answer, withoutNoCode(err)
	case Discover:
		answer.Report, answer.Discovered = oracle.Discover(ctx, s.DB, r.Schema, s.needs(r))
	case Counts:
		answer.RowCounts = oracle.Verify(ctx, s.DB, r.loadedTables(), r.SCN, oracle.Needs{QueryTime: countTime})
		answer.CountedAt = time.Now()
	default:
		answer.Report = oracle.Check(ctx, s.DB, r.tables(), s.needs(r))
	}
	answer.removeNoCode()
	return answer, nil
}

// margin is the time before a Lambda function's deadline at which its queries are stopped. So the function can still return
// an answer that says what is not known.
const margin = 15 * time.Second

// withMargin returns a context that ends margin earlier than ctx.
func withMargin(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-margin))
}

// check returns why the request is not valid, or nil.
func (r Request) check() error {
	switch r.Do {
	case "", Check, Redo, SCN, Counts:
	case Discover:
		if r.Schema == "" || strings.ContainsRune(r.Schema, '"') {
			return fmt.Errorf("%q is not a schema's name", r.Schema)
		}
	default:
		return fmt.Errorf("unknown request %q: write %s, %s, %s, %s or %s", r.Do, Check, Redo, SCN, Discover, Counts)
	}
	if len(r.Tables) == 0 && (r.Do == "" || r.Do == Check) {
		return fmt.Errorf("there are no tables to check")
	}
	if r.CDC && r.Capture != oracle.LogMiner && r.Capture != oracle.BinaryReader {
		return fmt.Errorf("unknown capture %q: write %s or %s", r.Capture, oracle.LogMiner, oracle.BinaryReader)
	}
	for _, t := range r.Tables {
		if t.Schema == "" || t.Name == "" || strings.ContainsRune(t.Schema+t.Name, '"') {
			return fmt.Errorf("%q in schema %q is not a table's name", t.Name, t.Schema)
		}
	}
	return nil
}

// fractionDigits is how many digits of the fraction of a second DMS writes, by the format of the files: Parquet has milliseconds
// (ParquetTimestampInMillisecond), and CSV always has microseconds (CHAP_Target.S3).
var fractionDigits = map[string]int{"parquet": 3, "csv": 6}

func (s Service) needs(r Request) oracle.Needs {
	planning := s.Planning
	if r.Planning != nil {
		planning = *r.Planning
	}
	return oracle.Needs{
		FullLoad: r.FullLoad, CDC: r.CDC, Counts: r.Counts, Capture: r.Capture, FractionDigits: fractionDigits[r.Format],
		AddedColumns: r.AddedColumns, NestedTables: r.NestedTables, NumberScale: r.NumberScale,
		Planning: oracle.Planning(planning), Explain: s.Explain, RedoLog: r.redoLog(),
		RedoDeadlineHours: cmp.Or(r.RedoDeadlineHours, department.DefaultRedoDeadlineHours),
	}
}

func (r Request) redoLog() oracle.RedoLog {
	if r.RedoLog == nil {
		return oracle.RedoLog{}
	}
	return oracle.RedoLog(*r.RedoLog)
}

func (r Request) tables() []oracle.Table {
	tables := make([]oracle.Table, len(r.Tables))
	for i, t := range r.Tables {
		tables[i] = oracle.Table{
			Schema: t.Schema, Name: t.Name, Exclude: t.Exclude, Filters: t.filters(), LOBMaxKB: t.LOBMaxKB, Parallel: t.Parallel,
			RangeColumns: t.RangeColumns, Partitions: t.Partitions,
			View: t.View,
		}
	}
	return tables
}

func (r Request) loadedTables() []oracle.LoadedTable {
	loaded := make([]oracle.LoadedTable, len(r.Tables))
	for i, t := range r.Tables {
		loaded[i] = oracle.LoadedTable{
			Table: oracle.Table{Schema: t.Schema, Name: t.Name, Filters: t.filters()}, Loaded: t.Loaded, Files: t.Files,
		}
	}
	return loaded
}

func (t Table) filters() (all []oracle.Filter) {
	for _, f := range t.Filters {
		all = append(all, oracle.Filter(f))
	}
	return all
}

// Filters converts the filters of a department's file for a Request.
func Filters(of []department.Filter) (all []Filter) {
	for _, f := range of {
		all = append(all, Filter(f))
	}
	return all
}

// OfJob returns the Check request for a job of a department. It needs a plan for every table that the job loads in full and
// for which the file does not say how the load is split.
func OfJob(d *department.Department, job department.Job) Request {
	r := Request{
		FullLoad: job.Type != department.CDC, CDC: job.Type.Continuous(), Capture: d.Source.Capture, Format: d.Lake.Format,
		Counts: job.Verify == department.Counts, RedoLog: d.Source.Oracle.RedoLog(),
		NumberScale: d.Source.Oracle.NumberDatatypeScale, AddedColumns: d.Lake.AddedColumns(job.Type),
		NestedTables: d.Source.Oracle.NestedTables(), RedoDeadlineHours: d.Source.RedoDeadlineHours,
	}
	for _, t := range job.Tables {
		limit := t.LOBMaxKB
		if limit == 0 {
			limit = job.LOBMaxKB
		}
		table := Table{
			Schema: t.Schema, Name: t.Name, Exclude: t.Exclude, Filters: Filters(t.Filters), LOBMaxKB: max(limit, 0),
			Parallel: r.FullLoad && !t.View && (t.Parallel == nil || t.Parallel.Type == department.Auto), View: t.View,
		}
		if r.FullLoad && t.Parallel != nil {
			table.RangeColumns, table.Partitions = t.Parallel.Columns, t.Parallel.Partitions
		}
		r.Tables = append(r.Tables, table)
	}
	return r
}

// OfSchema returns the Discover request for a schema. Each table is checked as for a full load or, if follow is set, as for a job that
// loads it and follows its changes.
func OfSchema(d *department.Department, schema string, follow bool) Request {
	kind := department.FullLoad
	if follow {
		kind = department.FullLoadAndCDC
	}
	r := OfJob(d, department.Job{Type: kind})
	r.Do, r.Schema = Discover, schema
	return r
}
