// Command orphans is the Lambda function that finds replication tasks and leases that no running run owns.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/run"
)

func main() { lambdahandler.Serve(run.NewOrphans) }
