package commandline

import (
	"context"
	"errors"
	"fmt"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/wording"
	"github.com/oralake/oralake/internal/yamlschema"
)

// runCommand is `oralake run`.
type runCommand struct {
	Job    string   `arg:"" help:"The job."`
	Tables []string `placeholder:"SCHEMA.TABLE,..." help:"Only these tables of a full load."`
	Wait   bool     `help:"Wait for the end, and show how far each table is."`
}

// Run starts a run of a job.
func (c *runCommand) Run(s *session) error {
	return s.request(run.Request{Job: c.Job, Tables: c.Tables}, c.Wait)
}

// reloadCommand is `oralake reload`.
type reloadCommand struct {
	Job    string   `arg:"" help:"A job that follows changes."`
	Tables []string `arg:"" name:"table" help:"Its tables, as SCHEMA.TABLE."`
	Wait   bool     `help:"Wait for the end, and show how far each table is."`
}

// Run loads tables again while the others are followed.
func (c *reloadCommand) Run(s *session) error {
	return s.request(run.Request{Job: c.Job, Reload: c.Tables}, c.Wait)
}

// acceptCommand is `oralake accept`.
type acceptCommand struct {
	Job    string   `arg:"" help:"A job that follows changes."`
	Tables []string `arg:"" name:"table" help:"Its tables, as SCHEMA.TABLE."`
	By     string   `placeholder:"NAME" env:"USER" help:"Who accepts, for the record."`
	Wait   bool     `help:"Wait for the end."`
}

// Run accepts DDL that left the rows of tables as they are.
func (c *acceptCommand) Run(s *session) error {
	return s.request(run.Request{Job: c.Job, Accept: c.Tables, By: c.By}, c.Wait)
}

// resumeCommand is `oralake resume`.
type resumeCommand struct {
	Job  string `arg:"" help:"A job that follows changes."`
	Wait bool   `help:"Wait for the end."`
}

// Run resumes a task that runs no longer resume by themselves.
func (c *resumeCommand) Run(s *session) error {
	return s.request(run.Request{Job: c.Job, Resume: true}, c.Wait)
}

// rollbackCommand is `oralake rollback`.
type rollbackCommand struct {
	Job    string   `arg:"" help:"A full-load job."`
	Tables []string `arg:"" name:"table" help:"Its tables, as SCHEMA.TABLE."`
	Wait   bool     `help:"Wait for the end."`
}

// Run gives the readers of tables the snapshot before the present one.
func (c *rollbackCommand) Run(s *session) error {
	return s.request(run.Request{Job: c.Job, Rollback: c.Tables}, c.Wait)
}

// publishCommand is `oralake publish`.
type publishCommand struct {
	Job    string   `arg:"" help:"A full-load job."`
	Tables []string `arg:"" name:"table" help:"Its tables whose load is held, as SCHEMA.TABLE."`
	Wait   bool     `help:"Wait for the end."`
}

// Run accepts loads that are held: readers get them.
func (c *publishCommand) Run(s *session) error {
	return s.request(run.Request{Job: c.Job, Publish: c.Tables}, c.Wait)
}

// started is the result of a request: the run that was started and, if the program waited for it, how it ended.
type started struct {
	operator.Started
	Ended *operator.Run `json:"ended,omitempty"`
}

// request starts a run, and waits for its end if wait is set. A run that does not succeed needs a person.
func (s *session) request(request run.Request, wait bool) error {
	d, err := s.open()
	if err != nil {
		return err
	}
	begun, err := d.Start(s.ctx, request)
	if err != nil {
		return err
	}
	result := started{Started: begun}
	if !wait {
		return s.show(result, false, func(p *page) {
			p.line("started run %s of %s", begun.Run, begun.Job)
			p.line("  -> oralake explain %s shows how it goes", begun.Run)
		})
	}
	progress := s.progress()
	ended, err := d.Wait(s.ctx, begun, progress.show)
	progress.end()
	if errors.Is(err, context.Canceled) {
		if s.JSON {
			err = errors.Join(s.printJSON(result), err)
		}
		return interrupted{err, fmt.Sprintf("run %s of %s goes on: oralake explain %[1]s shows how it goes, and oralake stop %[2]s stops it",
			begun.Run, begun.Job)}
	}
	if err != nil {
		return err
	}
	result.Ended = &ended
	return s.show(result, !ended.Succeeded(), func(p *page) { printEnd(p, begun, ended) })
}

func printEnd(p *page, begun operator.Started, ended operator.Run) {
	p.line("run %s of %s: %s after %s, %s %s", begun.Run, begun.Job, p.outcome(ended.Outcome), wording.Seconds(ended.Seconds), wording.Thousands(ended.Rows),
		yamlschema.Plural(int(ended.Rows), "row"))
	if ended.Reason != "" {
		p.line("%s", ended.Reason)
	}
	if !ended.Succeeded() {
		p.line("  -> oralake explain %s", begun.Run)
	}
}

// interrupted is the error of a command that a Ctrl-C has ended, with what goes on.
type interrupted struct {
	error
	text string
}

func (i interrupted) Error() string { return i.text }

func (i interrupted) Unwrap() error { return i.error }

// stopCommand is `oralake stop`.
type stopCommand struct {
	Job    string `arg:"" help:"The job."`
	Reason string `placeholder:"TEXT" help:"Why, for the record of the run."`
}

// Run stops the run of a job that is working.
func (c *stopCommand) Run(s *session) error {
	d, err := s.open()
	if err != nil {
		return err
	}
	cause := "a person stopped it with oralake stop"
	if c.Reason != "" {
		cause += ": " + c.Reason
	}
	stopped, err := d.Stop(s.ctx, c.Job, cause)
	if err != nil {
		return err
	}
	return s.show(stopped, false, func(p *page) {
		p.line("stopped run %s of %s", stopped.Run, stopped.Job)
		p.line("Within minutes a recovery records it, deletes the tasks of a full load and releases the job's lease. A task that follows " +
			"changes goes on: paused: true in the file stops it.")
	})
}
