// Package contract holds what the stacks and the functions must agree on: the names of environment variables, tags, folders and
// functions, the time-outs, and the properties of the custom resources. Each is defined here and nowhere else.
//
// The stacks write these values into a template. The functions read them in an account. The package imports neither the CDK nor
// the AWS SDK.
package contract

// The types of the custom resources.
const (
	PreflightType   = "Custom::OralakePreflight"
	ConnectionsType = "Custom::OralakeConnections"
	JobType         = "Custom::OralakeJob"
)
