// Command publish is the Lambda function that makes the snapshots of a recorded full load those that readers see.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewPublish) }
