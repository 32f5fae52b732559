// Command start is the Lambda function that starts a run's replication tasks.
package main

import (
	"github.com/oralake/oralake/internal/function"
	"github.com/oralake/oralake/internal/run"
)

func main() { function.Step(run.NewStart) }
