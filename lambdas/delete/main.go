// Command delete is the Lambda function that deletes the replication tasks of a run and releases the job's lease.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewDelete) }
