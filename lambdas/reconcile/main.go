// Command reconcile is the Lambda function that keeps the replication task of a job that follows changes as the
// department's file says.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/reconcile"
)

func main() { lambdahandler.Serve(reconcile.New) }
