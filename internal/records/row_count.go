package records

import "time"

// RowCount says whether a load has as many rows as the table had at the source, and who counted what and when.
type RowCount struct {
	Status string `dynamodbav:"status"`        // equal, differing or inconclusive
	Why    string `dynamodbav:"why,omitempty"` // why the status is not equal, for people
	// By names the program that counted at the source, with its Oracle driver. CountedAt is when it had counted all tables of the
	// run. Both are empty if it did not answer.
	By        string     `dynamodbav:"by,omitempty"`
	CountedAt *time.Time `dynamodbav:"countedAt,omitempty"`
	// SCN is the system change number at the source just before the load, as of which Before was counted; 0 if it is not known.
	SCN int64 `dynamodbav:"scn,omitempty"`
	// Before is how many rows the source had when the load started, After how many it had after the load; nil if not counted. The
	// rows that DMS reports as loaded are in the record of the table.
	Before *int64 `dynamodbav:"before,omitempty"`
	After  *int64 `dynamodbav:"after,omitempty"`
	// Files is how many rows the table's files in the lake have; nil if they could not be counted.
	Files *int64 `dynamodbav:"files,omitempty"`
}
