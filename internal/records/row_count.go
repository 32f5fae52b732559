package records

// RowCount says whether a load has as many rows as the table had at the source.
type RowCount struct {
	Status string `dynamodbav:"status"`        // equal, differing or inconclusive
	Why    string `dynamodbav:"why,omitempty"` // why the status is not equal, for people
	// Before is how many rows the source had when the load started, After how many it had after the load; nil if not counted.
	Before *int64 `dynamodbav:"before,omitempty"`
	After  *int64 `dynamodbav:"after,omitempty"`
	// Files is how many rows the table's files in the lake have; nil if they could not be counted.
	Files *int64 `dynamodbav:"files,omitempty"`
}
