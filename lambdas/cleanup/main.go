// Command cleanup is the Lambda function behind the custom resources of the jobs and of the stack: see deploy.JobResource.
package main

import (
	"github.com/oralake/oralake/internal/deploy"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(deploy.NewCleanup) }
