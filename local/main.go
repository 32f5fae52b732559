// Command local is AWS on one machine: `go run ./local` shows the main job from deploy to destroy, `go run ./local
// serve` leaves the account running for a person to work with.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/oralake/oralake/local/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o := demo.Options{Root: ".", Dir: ".local", Out: os.Stdout}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.StringVar(&o.Department, "department", "sales", "the department to deploy")
	flags.Float64Var(&o.Scale, "scale", 0.01, "scale factor of the TPC-H source; 1 has 6,001,215 line items")
	flags.Float64Var(&o.Speed, "speed", 120, "how many times faster than on AWS waiting is")
	serving := len(args) > 0 && args[0] == "serve"
	if serving {
		args = args[1:]
		o.Dir = filepath.Join(o.Dir, "serve") // A demonstration beside it clears its own folder.
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if serving {
		return serve(ctx, o)
	}
	_, err := demo.Run(ctx, o)
	return err
}

// serve runs the embedded AWS until it is interrupted.
func serve(ctx context.Context, o demo.Options) error {
	world, err := demo.OpenWorld(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(o.Out, "\nIn another terminal, in this folder:")
	fmt.Fprintln(o.Out)
	world.PrintEnvironment(o.Out)
	fmt.Fprintf(o.Out, "npx cdk deploy -c department=%s\n\nCtrl-C ends it; nothing is kept but the files in %s.\n", o.Department, o.Dir)
	<-ctx.Done()
	return world.Close()
}
