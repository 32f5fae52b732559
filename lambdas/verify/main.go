// Command verify is the Lambda function that requests row counts of the source after a full load.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewVerify) }
