// Command create is the Lambda function that takes a job's lease and makes its replication tasks.
package main

import (
	"github.com/oralake/oralake/internal/function"
	"github.com/oralake/oralake/internal/run"
)

func main() { function.Step(run.NewCreate) }
