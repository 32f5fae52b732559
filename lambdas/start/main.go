// Command start is the Lambda function that starts a run's replication tasks.
package main

import (
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(run.NewStart) }
