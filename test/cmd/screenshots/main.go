// Command screenshots takes the pictures of a report that the documents show, in light, in dark and on a phone:
//
//	screenshots REPORT.html FOLDER
//
// make screenshots runs it on the report of make local. It needs Chromium.
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/oralake/oralake/test/browser"
)

// pictures are the views of the pictures, by the names of their files.
var pictures = []struct {
	file string
	view browser.View
}{
	{"report-light.png", browser.View{Width: 1180, Height: 1130}},
	{"report-dark.png", browser.View{Width: 1180, Height: 1130, Dark: true}},
	{"report-phone.png", browser.View{Width: 380, Height: 1500, Phone: true}},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	err := run(ctx, os.Args[1:])
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("write screenshots REPORT.html FOLDER, not %q", args)
	}
	report, err := filepath.Abs(args[0])
	if err == nil {
		_, err = os.Stat(report)
	}
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	b, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, p := range pictures {
		page, err := b.Open(ctx, (&url.URL{Scheme: "file", Path: report}).String(), p.view)
		if err != nil {
			return err
		}
		content, err := page.Screenshot(ctx, p.view)
		if err != nil {
			return err
		}
		path := filepath.Join(args[1], p.file)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write a picture: %w", err)
		}
		fmt.Printf("%s: %d kB\n", path, (len(content)+500)/1000)
		if err := page.Close(ctx); err != nil {
			return err
		}
	}
	return nil
}
