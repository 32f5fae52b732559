// Command record is the Lambda function that judges a run and writes its records.
package main

import (
	"github.com/oralake/oralake/internal/function"
	"github.com/oralake/oralake/internal/run"
)

func main() { function.Step(run.NewRecord) }
