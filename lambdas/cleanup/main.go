// Command cleanup is the Lambda function that answers the custom resources of jobs and of the stack.
package main

import (
	"github.com/oralake/oralake/internal/deploy"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(deploy.NewCleanup) }
