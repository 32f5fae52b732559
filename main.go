// Command oralake is the CDK app: it reads the departments' files, builds their stacks and the account's, and synthesizes
// them. The CDK CLI runs it, as cdk.json says.
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

// run returns the exit status. What the CDK complains of is a panic, which is a message for a person here.
func run() (status int) {
	restore, err := withoutNoise()
	if err != nil {
		fmt.Fprintln(os.Stderr, "open a pipe for standard error:", err)
		return 1
	}
	defer restore()
	defer jsii.Close()
	defer func() {
		if complaint := recover(); complaint != nil {
			fmt.Fprintln(os.Stderr, "the CDK refuses the stacks:", complaint)
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
