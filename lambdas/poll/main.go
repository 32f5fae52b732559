// Command poll is the Lambda function that describes the replication tasks of a full load.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewPoll) }
