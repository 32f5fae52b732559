// Package statemachine holds the definition of the workflow in Amazon States Language. It is the same for every department.
package statemachine

import _ "embed"

// Migration is one run of one job. Its placeholders ${PrepareFunctionArn}, ${CheckFunctionArn}, ${CreateFunctionArn},
// ${ReconcileFunctionArn}, ${StartFunctionArn}, ${PollFunctionArn}, ${VerifyFunctionArn}, ${RecordFunctionArn} and
// ${DeleteFunctionArn} are definition substitutions.
//
//go:embed migration.asl.json
var Migration string
