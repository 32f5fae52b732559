// Command create is the Lambda function that creates the replication tasks of a full load.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewCreate) }
