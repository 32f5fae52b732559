// Command delete is the Lambda function that deletes a run's replication tasks and gives the lease back.
package main

import (
	"github.com/oralake/oralake/internal/function"
	"github.com/oralake/oralake/internal/run"
)

func main() { function.Step(run.NewDelete) }
