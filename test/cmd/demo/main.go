// Command demo runs the embedded AWS on one machine. Without arguments it demonstrates a department from deploy to destroy
// (`make local`). With `serve` it runs an account for a person to work with (`make serve`). Start it in the root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/oralake/oralake/test/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	serving := len(args) > 0 && args[0] == "serve"
	o := demo.Options{Root: ".", Dir: ".local", Department: "sales", Out: out}
	if serving {
		args = args[1:]
		o.Dir = filepath.Join(o.Dir, "serve") // A demonstration in .local does not clear it.
		o.Department = ""                     // serve deploys no department.
	}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&o.Dir, "dir", o.Dir, "the `folder` of the lake, the logs and the source; what an earlier account left in it is cleared")
	flags.StringVar(&o.Department, "department", o.Department, "the department to deploy, by the `name` of its file")
	if !serving {
		flags.StringVar(&o.Document, "report", "", "write the HTML report of oralake into this `file`")
	}
	flags.Float64Var(&o.Scale, "scale", 0.01, "scale factor of the TPC-H source; 1 has 6,001,215 line items")
	flags.Float64Var(&o.Speed, "speed", 120, "how many times faster than on AWS waiting is")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not an option: write `demo [serve]` and options, which -h lists", flags.Arg(0))
	}
	if serving {
		return demo.Serve(ctx, o)
	}
	_, err := demo.Run(ctx, o)
	return err
}
