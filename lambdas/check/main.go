// Command check asks the source database whether it is ready for a job, and how its tables are best read. On Lambda it is
// the only function that talks to Oracle, and the only one that a C compiler builds: godror needs cgo. With -tags goora
// it is Go alone, as all others are.
//
// Anywhere else it does the same for a person, on a machine that reaches the database:
//
//	go run ./lambdas/check --department sales --job daily-orders
package main

import (
	"context"
	"os"

	"github.com/oralake/oralake/internal/function"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

func main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(checkservice.Command(context.Background(), os.Args[1:], os.Stdout, os.Stderr, function.ReadSecret, connect))
	}
	function.Check(connect)
}
