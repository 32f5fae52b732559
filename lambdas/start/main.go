// Command start is the Lambda function that starts the replication tasks of a run.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewStart) }
