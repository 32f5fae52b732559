package records

// Check is what a run learned from the source database before its tasks were made.
type Check struct {
	Mode   string `dynamodbav:"mode" json:"mode"` // report or require
	Driver string `dynamodbav:"driver,omitempty" json:"driver,omitempty"`
	// Failed, Warnings and Notes count the findings by severity, Queries the statements that were run.
	Failed   int `dynamodbav:"failed" json:"failed"`
	Warnings int `dynamodbav:"warnings" json:"warnings"`
	Notes    int `dynamodbav:"notes" json:"notes"`
	Queries  int `dynamodbav:"queries" json:"queries"`
	// First are the first of the findings that fail the job, each with its fix.
	First []string `dynamodbav:"first,omitempty" json:"first,omitempty"`
	// Planned says of the first tables how they are loaded in this run, and why.
	Planned []string `dynamodbav:"planned,omitempty" json:"planned,omitempty"`
	// Report is where all of that lies in S3, as JSON.
	Report string `dynamodbav:"report,omitempty" json:"report,omitempty"`
	// Problem is why the database could not be asked at all.
	Problem string `dynamodbav:"problem,omitempty" json:"problem,omitempty"`
}

// RowCount says whether a table's load has as many rows as its source had.
type RowCount struct {
	Status string `dynamodbav:"status"`        // equal, differing or inconclusive
	Why    string `dynamodbav:"why,omitempty"` // of a word that is not equal
	// Before is how many rows the source had when the load began, and After how many it had after it; nil if not counted.
	Before *int64 `dynamodbav:"before,omitempty"`
	After  *int64 `dynamodbav:"after,omitempty"`
	// Files is how many rows the table's files have in the lake; nil if they could not be counted.
	Files *int64 `dynamodbav:"files,omitempty"`
}
