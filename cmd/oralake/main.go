// Command oralake is the command line for people who operate oralake, in an account or on the embedded AWS:
//
//	go run ./cmd/oralake status --department sales
//
// oralake --help lists the commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/oralake/oralake/internal/commandline"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/oracle/driver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := commandline.Main(ctx, os.Args[1:], commandline.World{
		Stdout: os.Stdout, Stderr: os.Stderr, Terminal: isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "",
		AWS:     func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx) },
		Secrets: checkservice.ReadSecret, Certificates: checkservice.ReadCertificate, Connect: driver.Connect,
	})
	stop()
	os.Exit(status)
}

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
