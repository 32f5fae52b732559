// Command preflight is the Lambda function behind the first custom resource of every deploy: see deploy.Preflight.
package main

import (
	"github.com/oralake/oralake/internal/deploy"
	"github.com/oralake/oralake/internal/lambdahandler"
)

func main() { lambdahandler.Serve(deploy.NewPreflight) }
