// Command verify is the Lambda function that asks for the rows at the source of a finished load.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewVerify) }
