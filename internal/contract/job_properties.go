package contract

import "github.com/oralake/oralake/internal/department"

// JobProperties are the properties of a job's custom resource that its function reads. The resource of the whole stack has no
// Job. The resource has more properties: sentences for people who read `cdk diff`. The function never reads those.
type JobProperties struct {
	Stack           string
	InstanceArn     string
	StateMachineArn string
	Job             string // empty for the whole stack
	Type            department.Type
	// Fingerprint changes if the job follows changes and its next run has something to change: the job's tables, its settings,
	// whether it is paused, or how the database is checked. It is empty for a full load.
	Fingerprint string
	// Endpoints changes if the job follows changes and the definition of an endpoint of its task changes. It is empty for a full
	// load.
	Endpoints string
}
