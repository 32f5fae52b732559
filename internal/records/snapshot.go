package records

import "time"

// Column is a column of a table in the lake. Its type is one of Glue and Athena, such as decimal(10,2).
type Column struct {
	Name string `dynamodbav:"name"`
	Type string `dynamodbav:"type"`
}

// FileCount says whether the files of a load have as many rows as DMS reports, and who counted what and when.
type FileCount struct {
	Status string `dynamodbav:"status"`        // equal, differing or not counted
	Why    string `dynamodbav:"why,omitempty"` // why the status is not equal, for people
	// Rows is the number of rows by the footers of the Parquet files; nil if they could not be counted. The rows that DMS reports as
	// loaded are in the record of the table.
	Rows  *int64 `dynamodbav:"rows,omitempty"`
	Files int    `dynamodbav:"files"`
	// By names who counted, and CountedAt is when.
	By        string    `dynamodbav:"by"`
	CountedAt time.Time `dynamodbav:"countedAt"`
}

// The statuses of a FileCount.
const (
	FilesEqual      = "equal"
	FilesDiffer     = "differing"
	FilesNotCounted = "not counted" // the files are CSV, which has no footers, or they could not be read
)

// Snapshot is what a full load of a table left in the lake.
type Snapshot struct {
	Run      string   `dynamodbav:"run"`      // such as 20261201T020000Z
	Location string   `dynamodbav:"location"` // full/SCHEMA__RUN/TABLE/; an empty table has no files there
	Format   string   `dynamodbav:"format"`   // parquet or csv
	Columns  []Column `dynamodbav:"columns,omitempty"`
}

// Published says what a run has done with the published snapshot of a table, and which one readers see since.
type Published struct {
	Status string `dynamodbav:"status"` // see the constants
	// Run and Location are of the snapshot that readers see; empty if no snapshot of the table was ever published.
	Run      string `dynamodbav:"run,omitempty"`
	Location string `dynamodbav:"location,omitempty"`
	Why      string `dynamodbav:"why,omitempty"` // why the run has published nothing, or what is missing, for people
	// Drift is how the columns differ from those that readers saw before; nil if they do not.
	Drift *Drift `dynamodbav:"drift,omitempty"`
	// Findings are what readers of the Data Catalog may not be able to read, for people.
	Findings []string `dynamodbav:"findings,omitempty"`
}

// The statuses of a Published.
const (
	PublishedNow = "published"   // readers see the snapshot of this run
	Accepted     = "accepted"    // readers see a snapshot that was held, and that a person has accepted by this run
	HeldBack     = "held"        // the snapshot of this run is held: see Table.Held; readers still see the one before
	RolledBack   = "rolled back" // readers see the snapshot before, which this run has put back
	KeptBefore   = "kept"        // readers still see the snapshot that they saw before this run
)

// Changes says that the run has changed what readers see. p may be nil.
func (p *Published) Changes() bool {
	return p != nil && (p.Status == PublishedNow || p.Status == Accepted || p.Status == RolledBack)
}

// The values of Run.Publication.
const (
	PublicationDue    = "due"    // the run is recorded, and has yet to publish its good tables
	PublicationDone   = "done"   // each good table is published
	PublicationFailed = "failed" // some good tables are not published: see the reason of the run
)
