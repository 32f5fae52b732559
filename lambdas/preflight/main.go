// Command preflight is the Lambda function that answers the custom resource that every deploy begins with.
package main

import (
	"github.com/oralake/oralake/internal/deploy"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(deploy.NewPreflight) }
