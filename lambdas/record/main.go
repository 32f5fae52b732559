// Command record is the Lambda function that judges a run and writes its records.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewRecord) }
