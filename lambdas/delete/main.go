// Command delete is the Lambda function that deletes a run's replication tasks and releases the lease.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewDelete) }
