// Command cleanup is the Lambda function behind the custom resource that takes down the replication tasks which the
// department's file no longer names, and all of them when the stack is deleted.
package main

import (
	"github.com/oralake/oralake/internal/function"
)

func main() { function.Cleanup() }
