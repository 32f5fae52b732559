// Package commandline is the program oralake, for people who operate departments: its commands, what they print, and its exit
// statuses. What a command knows comes from other packages. Each command has one result: --json prints it as it is, and a page for
// people is made of it.
package commandline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// The exit statuses.
const (
	Good        = 0   // done, and nothing needs a person
	NeedsPerson = 1   // done, and something needs a person: a mistake, a failed run, a table that is not good
	Failed      = 2   // not done: a wrong command line, no such name, or an error of AWS or the database
	Interrupted = 130 // Ctrl-C: what runs in the account goes on
)

// World is what the commands need of the machine.
type World struct {
	Stdout, Stderr io.Writer
	// Terminal says that Stdout is a terminal: pages have colours and progress bars.
	Terminal bool
	// AWS loads the usual configuration of the AWS SDK.
	AWS func(context.Context) (aws.Config, error)
	// Secrets, Certificates and Connect reach the source database from this machine.
	Secrets      checkservice.Secrets
	Certificates checkservice.Certificates
	Connect      checkservice.Connect
	// Products is AWS's price list; nil for the service of AWS.
	Products cost.Products
}

// grammar is the command line: the options that all commands have, and the commands.
type grammar struct {
	Department  string `short:"d" env:"ORALAKE_DEPARTMENT" placeholder:"NAME" help:"The department. May be left out if there is only one."`
	Departments string `default:"departments" placeholder:"FOLDER" help:"The folder of the departments' files."`
	JSON        bool   `name:"json" help:"Print JSON, with a version."`

	Validate validateCommand `cmd:"" group:"Files" help:"Report all mistakes of departments' files."`
	Plan     planCommand     `cmd:"" group:"Files" help:"Show the jobs, tasks, tables, schedules and gates that a file comes to."`
	Cost     costCommand     `cmd:"" group:"Files" help:"Estimate what the department of a file costs in a month."`

	Status  statusCommand  `cmd:"" group:"A deployed department" help:"Show every job, and what needs a person."`
	Runs    runsCommand    `cmd:"" group:"A deployed department" help:"List the latest runs of a job."`
	Tables  tablesCommand  `cmd:"" group:"A deployed department" help:"List the tables: good or not, and as of when."`
	Explain explainCommand `cmd:"" group:"A deployed department" help:"Explain a run: what happened, why, and what to do."`
	Report  reportCommand  `cmd:"" group:"A deployed department" help:"Write an HTML file to read and to send: the nights, the runs, the lags, what needs a person."`

	Run      runCommand      `cmd:"" group:"Act on a deployed department" help:"Start a run of a job."`
	Stop     stopCommand     `cmd:"" group:"Act on a deployed department" help:"Stop the run of a job that is working."`
	Reload   reloadCommand   `cmd:"" group:"Act on a deployed department" help:"Load tables of a job that follows changes again."`
	Accept   acceptCommand   `cmd:"" group:"Act on a deployed department" help:"Accept DDL that left the rows of tables as they are."`
	Publish  publishCommand  `cmd:"" group:"Act on a deployed department" help:"Accept loads that are held: readers of the tables get them."`
	Rollback rollbackCommand `cmd:"" group:"Act on a deployed department" help:"Give readers of tables the snapshot before the present one."`
	Resume   resumeCommand   `cmd:"" group:"Act on a deployed department" help:"Resume a task that runs no longer resume by themselves."`

	Check    checkCommand    `cmd:"" group:"The source database" help:"Check whether the source database is ready for a job, and plan its loads."`
	Discover discoverCommand `cmd:"" group:"The source database" help:"List the tables of a schema, and suggest a job for them."`
}

const description = `The command line of people who operate oralake. It uses the AWS SDK's usual configuration (AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL and so on). Exit status 0: done. 1: done, and something needs a person. 2: not done. 130: interrupted by Ctrl-C.`

// session is one call of the program.
type session struct {
	World
	*grammar
	ctx context.Context
}

// exit is how kong ends the program: the value of a panic that Main recovers.
type exit int

// Main runs the program with its arguments, and returns the exit status. The end of ctx is a Ctrl-C.
func Main(ctx context.Context, args []string, w World) (status int) {
	defer func() {
		if code, ok := recover().(exit); ok {
			status = int(code)
		}
	}()
	var g grammar
	parser, err := kong.New(&g, kong.Name("oralake"), kong.Description(description), kong.Writers(w.Stdout, w.Stderr),
		kong.Exit(func(code int) { panic(exit(code)) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ShortUsageOnError())
	if err != nil {
		panic(err) // unreachable: the grammar is a constant of the program
	}
	s := &session{World: w, grammar: &g, ctx: ctx}
	command, err := parser.Parse(args)
	if err != nil {
		return s.fail(fmt.Errorf("%w; oralake --help lists the commands and options", err))
	}
	err = command.Run(s)
	var attention needsPerson
	switch {
	case err == nil:
		return Good
	case errors.As(err, &attention):
		return NeedsPerson
	case errors.As(err, new(interrupted)):
		fmt.Fprintln(w.Stderr, "oralake: interrupted; "+err.Error())
		return Interrupted
	case ctx.Err() != nil:
		fmt.Fprintln(w.Stderr, "oralake: interrupted; what runs in the account goes on")
		return Interrupted
	}
	return s.fail(err)
}

// fail prints why a command is not done, and returns the exit status.
func (s *session) fail(err error) int {
	if s.JSON {
		if printErr := s.printJSON(struct {
			Error string `json:"error"`
		}{err.Error()}); printErr == nil {
			return Failed
		}
	}
	fmt.Fprintln(s.Stderr, "oralake: "+err.Error())
	return Failed
}

// needsPerson is the error of a command that is done and has found something that needs a person. The command has printed it.
type needsPerson struct{}

func (needsPerson) Error() string { return "something needs a person" }

// show prints the result of a command: as JSON, or as the page that print makes of it. attention says that something in it needs a
// person.
func (s *session) show(result any, attention bool, print func(*page)) error {
	if s.JSON {
		if err := s.printJSON(result); err != nil {
			return err
		}
	} else {
		p := &page{colours: s.Terminal}
		print(p)
		if _, err := io.WriteString(s.Stdout, p.String()); err != nil {
			return err
		}
	}
	if attention {
		return needsPerson{}
	}
	return nil
}
