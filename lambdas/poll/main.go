// Command poll is the Lambda function that looks at a run's replication tasks.
package main

import (
	"github.com/oralake/oralake/internal/function"
	"github.com/oralake/oralake/internal/run"
)

func main() { function.Step(run.NewPoll) }
