package contract

import "github.com/oralake/oralake/internal/department"

// JobProperties are the properties that the function of a job's custom resource reads; the stack's own resource has no Job.
// The resource has more properties, sentences for people who read `cdk diff`. The function never reads those.
type JobProperties struct {
	Stack           string
	InstanceArn     string
	StateMachineArn string
	Job             string // empty for the whole stack
	Type            department.Type
	// Fingerprint changes when something changes that a run of a job which follows changes has to act on: its tables, its
	// settings, whether it is paused, how the database is checked. Empty for a full load.
	Fingerprint string
	// Endpoints changes when the definition of an endpoint changes that the task of such a job uses. Empty for a full load.
	Endpoints string
}
