// Command lambda_layer makes the Lambda layer with Oracle's client for the one function that asks the database itself:
//
//	go run ./lambda_layer -client instantclient-basiclite-linux.x64-19.*.zip
//
// The zip comes from Oracle, under Oracle's terms, and is not part of this repository; nor is the layer.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/oralake/oralake/lambda_layer/layer"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "lambda_layer:", err)
		os.Exit(1)
	}
}

func run(arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("lambda_layer", flag.ContinueOnError)
	var o layer.Options
	flags.StringVar(&o.Client, "client", "", "the Instant Client `zip`, Basic Light or Basic, for Linux x86-64 or ARM")
	flags.Func("extra", "a shared `library` to add, such as libaio.so.1; may be given more than once", func(s string) error {
		o.Extra = append(o.Extra, s)
		return nil
	})
	flags.StringVar(&o.Out, "out", "lambda_layer/oracle-client.zip", "the `file` to write")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is one file too many: a layer is made of one client; name just one after -client", flags.Arg(0))
	}
	r, err := layer.Build(o)
	if err != nil {
		return err
	}
	return show(out, r)
}

// show prints what was made.
func show(out io.Writer, r layer.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range r.Files {
		if f.Link != "" {
			fmt.Fprintf(w, "lib/%s\t-> %s\n", f.Name, f.Link)
		} else {
			fmt.Fprintf(w, "lib/%s\t%d bytes\n", f.Name, f.Size)
		}
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{"added", r.Added}, {"mended", r.Mended}, {"left out", r.LeftOut}, {"warning", r.Warnings}} {
		for _, line := range part.lines {
			fmt.Fprintf(w, "%s\t%s\n", part.title, line)
		}
	}
	fmt.Fprintf(w, "client\t%s for %s\n", r.Version, r.Architecture)
	fmt.Fprintf(w, "unpacked\t%d bytes of the %d that Lambda allows\n", r.Unpacked, layer.MaxUnpacked)
	fmt.Fprintf(w, "written\t%s\n", r.Out)
	fmt.Fprintf(w, "sha256\t%s\n", r.SHA256)
	return w.Flush()
}
