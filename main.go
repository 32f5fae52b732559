// Command oralake is the CDK app. It reads the departments' files, builds the stacks of the departments and of the account,
// and synthesizes them. The CDK CLI runs it (cdk.json).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/stacks"
)

func main() { os.Exit(run()) }

// run returns the exit status. The CDK reports errors by a panic; run prints them as messages.
func run() (status int) {
	restore, err := filterStandardError()
	if err != nil {
		fmt.Fprintln(os.Stderr, "open a pipe for standard error:", err)
		return 1
	}
	defer restore()
	defer jsii.Close()
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintln(os.Stderr, "the CDK refuses the stacks:", cause)
			status = 1
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	app := awscdk.NewApp(nil)
	warnings, err := stacks.Add(ctx, app, ".")
	for _, warning := range warnings {
		fmt.Fprintln(os.Stderr, "warning:", warning)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	app.Synth(nil)
	return 0
}
