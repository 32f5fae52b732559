// Command prepare is the Lambda function that takes a job's lease and names the replication tasks of a run.
package main

import (
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(run.NewPrepare) }
