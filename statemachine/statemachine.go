// Package statemachine has the definition of the state machine in Amazon States Language. It is the same for every department.
package statemachine

import _ "embed"

// Migration defines one run of a job. Its placeholders ${PrepareFunctionArn}, ${CheckFunctionArn}, ${CreateFunctionArn},
// ${ReconcileFunctionArn}, ${StartFunctionArn}, ${PollFunctionArn}, ${VerifyFunctionArn}, ${RecordFunctionArn} and
// ${DeleteFunctionArn} are definition substitutions of AWS::StepFunctions::StateMachine.
//
//go:embed migration.asl.json
var Migration string
