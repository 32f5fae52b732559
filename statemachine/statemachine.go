// Package statemachine holds the definition of the workflow in Amazon States Language.
package statemachine

import _ "embed"

// Migration is one run of one job. Its placeholders ${CreateFunctionArn}, ${StartFunctionArn}, ${PollFunctionArn},
// ${RecordFunctionArn} and ${DeleteFunctionArn} are definition substitutions.
//
//go:embed migration.asl.json
var Migration string
