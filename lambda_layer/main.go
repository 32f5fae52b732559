// Command lambda_layer makes the Lambda layer with Oracle's client, which the check function with the driver godror needs:
//
//	go run ./lambda_layer -client instantclient-basiclite-linux.x64-19.*.zip
//
// The zip comes from Oracle, under Oracle's terms. Neither the zip nor the layer is part of this repository.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/oralake/oralake/lambda_layer/layer"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lambda_layer:", err)
		os.Exit(1)
	}
}

const help = `Makes the Lambda layer with Oracle's client, which the driver godror needs. Download Instant Client, Basic Light Package
(19 or newer, for Linux x86-64 or ARM, the ZIP), under Oracle's terms, from
` + layer.Downloads + `, then:

  go run ./lambda_layer -client instantclient-basiclite-linux.x64-19.*.zip

The client needs libraries that Lambda does not have, such as libaio. They are copied from this machine if Lambda can load them.

`

func run(arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("lambda_layer", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // only main prints errors
	var o layer.Options
	flags.Func("client", "the Instant Client `zip`, as it was downloaded", func(s string) error {
		if o.Client != "" {
			return fmt.Errorf("%s is a second client, after %s: name only one", s, o.Client)
		}
		o.Client = s
		return nil
	})
	flags.Func("extra", "a shared `library` to add, such as libaio.so.1; may be given more than once", func(s string) error {
		o.Extra = append(o.Extra, s)
		return nil
	})
	flags.StringVar(&o.Out, "out", "", "the `file` to write (default lambda_layer/oracle-client.zip, "+
		"which the stack uses)")
	err := flags.Parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, help)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: see -h", err)
	}
	if flags.NArg() > 0 && o.Client == "" {
		return fmt.Errorf("%q has no flag: write -client %s", flags.Arg(0), flags.Arg(0))
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is a second file: a layer has one client; name only one file after -client", flags.Arg(0))
	}
	if o.Out == "" {
		if o.Out, err = standardOut(); err != nil {
			return err
		}
	}
	r, err := layer.Build(o)
	if err != nil {
		return err
	}
	return show(out, r)
}

// standardOut returns the path of the layer that the stack uses: in the folder lambda_layer of the module. The current folder
// must be the module's folder or a folder in it.
func standardOut() (string, error) {
	for up := "."; ; up = filepath.Join("..", up) {
		folder := filepath.Join(up, "lambda_layer")
		if _, err := os.Stat(filepath.Join(folder, "main.go")); err == nil {
			return filepath.Join(folder, "oracle-client.zip"), nil
		}
		absolute, err := filepath.Abs(up)
		if err != nil {
			return "", fmt.Errorf("find the folder lambda_layer: %w", err)
		}
		if absolute == filepath.Dir(absolute) {
			return "", errors.New("there is no folder lambda_layer here or above: run this in oralake's folder, or name the " +
				"output file with -out")
		}
	}
}

// show prints a report.
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
	}{{"added", r.Added}, {"repaired", r.Repaired}, {"left out", r.LeftOut}, {"warning", r.Warnings}} {
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
