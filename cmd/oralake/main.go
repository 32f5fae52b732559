// Command oralake is the command line for people who operate oralake. `oralake check` checks the source database of a job from a
// machine that reaches it. It reports whether the database is ready for the job, and how the job's tables are best loaded:
//
//	go run ./cmd/oralake check --department sales --job daily-orders
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/oracle/driver"
)

func main() { os.Exit(run(os.Args[1:])) }

// run runs the command with its arguments and returns the exit status.
func run(args []string) int {
	if len(args) == 0 || args[0] != "check" {
		fmt.Fprintln(os.Stderr, "usage: oralake check [options]; `oralake check -h` lists them")
		return 2
	}
	return checkservice.Command(context.Background(), args[1:], os.Stdout, os.Stderr, checkservice.ReadSecret,
		checkservice.ReadCertificate, driver.Connect)
}
