package records

import "time"

// DDL is DDL on a followed table at the source. DMS replicates none of it but new columns, and does not report the statement.
type DDL struct {
	NoticedAt time.Time `dynamodbav:"noticedAt"` // when a run last noticed it
	// Unsure says that DDL may have run: the counts of DMS may have started again at 0, and no run had read them before.
	Unsure bool `dynamodbav:"unsure,omitempty"`
}

// SeeDDL adds a table (SCHEMA.TABLE) to DDLSeen.
func (s *JobState) SeeDDL(table string, ddl DDL) {
	if s.DDLSeen == nil {
		s.DDLSeen = map[string]DDL{}
	}
	s.DDLSeen[table] = ddl
}

// StartedSince says that the task was started since the run LastRun read its counts of changes: its latest start is at startedAt.
func (s *JobState) StartedSince(startedAt time.Time) bool {
	return s.LastRun != "" && (s.LastStart == nil || !s.LastStart.Equal(startedAt))
}

// Acceptance says that a person calls the rows of a table good although DDL ran on it.
type Acceptance struct {
	By        string    `dynamodbav:"by,omitempty"` // who accepts, as the input of the run says
	At        time.Time `dynamodbav:"at"`
	Execution string    `dynamodbav:"execution"` // ARN of the execution of the run that accepted
	NoticedAt time.Time `dynamodbav:"noticedAt"` // when a run had noticed the DDL
}
