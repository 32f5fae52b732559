// Command redeploy is the Lambda function behind the custom resource that every deploy begins with: it refuses what would
// lose something, and brings to rest the replication tasks whose endpoints are about to change.
package main

import (
	"github.com/oralake/oralake/internal/function"
)

func main() { function.Redeploy() }
