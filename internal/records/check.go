package records

// Check summarizes the check of the source database that a run made before it created or changed its tasks.
type Check struct {
	Mode   string `dynamodbav:"mode" json:"mode"`                         // source.check of the department's file: report or require
	Driver string `dynamodbav:"driver,omitempty" json:"driver,omitempty"` // name of the Oracle driver
	// Failed, Warnings and Notes count the findings by severity. Queries counts the SQL statements of the check.
	Failed   int `dynamodbav:"failed" json:"failed"`
	Warnings int `dynamodbav:"warnings" json:"warnings"`
	Notes    int `dynamodbav:"notes" json:"notes"`
	Queries  int `dynamodbav:"queries" json:"queries"`
	// First lists the first findings that fail the job, each with its fix.
	First []string `dynamodbav:"first,omitempty" json:"first,omitempty"`
	// Planned says for the first tables how this run loads them, and why.
	Planned []string `dynamodbav:"planned,omitempty" json:"planned,omitempty"`
	// Report is the S3 address of the whole report, as JSON.
	Report string `dynamodbav:"report,omitempty" json:"report,omitempty"`
	// Problem says why there was no check; empty if there was one.
	Problem string `dynamodbav:"problem,omitempty" json:"problem,omitempty"`
}
