// Command delete is the Lambda function that deletes a run's replication tasks and releases the lease.
package main

import (
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(run.NewDelete) }
