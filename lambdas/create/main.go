// Command create is the Lambda function that makes the replication tasks of a full load.
package main

import (
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(run.NewCreate) }
