// Command prepare is the Lambda function that takes a job's lease and names the replication tasks of a run.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewPrepare) }
