package contract

import "github.com/oralake/oralake/internal/department"

// JobProperties are those of the custom resource that its function reads. That of a job has more for people: `cdk diff` shows
// them, and CloudFormation calls the function when one of them changes.
type JobProperties struct {
	Stack           string
	InstanceArn     string
	StateMachineArn string
	Job             string // empty for the whole stack
	Type            department.Type
	Endpoints       string // stands for the definitions of the DMS endpoints of a job that follows changes
}
