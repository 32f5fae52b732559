// Package contract holds what the stacks and the functions must agree on, each thing once: the names of environment
// variables, tags, folders, functions and time-outs, and the properties of the custom resources.
//
// The stacks write these values into a template, the functions read them in an account. The package knows neither the CDK
// nor the AWS SDK.
package contract

// The types of the custom resources.
const (
	PreflightType = "Custom::OralakePreflight"
	JobType       = "Custom::OralakeJob"
)
