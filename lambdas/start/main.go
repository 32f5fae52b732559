// Command start is the Lambda function that starts a run's replication tasks.
package main

import (
	"github.com/oralake/oralake/internal/function"
	"github.com/oralake/oralake/internal/workflow"
)

func main() { function.Step(workflow.NewStart) }
