package plan

import (
	"fmt"
	"strconv"

	"github.com/oralake/oralake/internal/department"
)

// gatesOf returns what decides whether a run of a job starts, and whether its result is good.
func gatesOf(d *department.Department, j department.Job) []Gate {
	gates := []Gate{checkGate(d.Source)}
	gates = append(gates, Gate{
		"timeLimitHours", strconv.Itoa(j.TimeLimitHours), fmt.Sprintf("a run fails that is not over after %d hours", j.TimeLimitHours),
	})
	if j.Verify == department.Counts {
		gates = append(gates, Gate{"verify", j.Verify, "a table is good only if as many rows arrived as the source has"})
	}
	if !j.Type.Continuous() {
		return append(gates, publicationGates(j)...)
	}
	if j.Paused {
		gates = append(gates, Gate{"paused", "true", "the task is stopped and kept"})
	}
	if d.Source.Check != department.CheckOff {
		hours := d.Source.RedoDeadlineHours
		gates = append(gates, Gate{
			"source.redoDeadlineHours", strconv.Itoa(hours), fmt.Sprintf("people are alerted if the task may stand still for less than %d hours", hours),
		})
	}
	if j.OnReplace == department.Restart {
		gates = append(gates, Gate{"onReplace", j.OnReplace, "a deploy may replace the task: its place in the redo log is lost"})
	}
	return gates
}

// checkGate says what the database check decides.
func checkGate(s department.Source) Gate {
	switch s.Check {
	case department.CheckRequire:
		return Gate{"source.check", s.Check, "a run starts only if the database check finds the source ready"}
	case department.CheckReport:
		return Gate{"source.check", s.Check, "the database is checked before each run; findings are in its record and stop nothing"}
	case department.CheckOff:
		return Gate{"source.check", s.Check, "no run checks the database"}
	}
	if s.Driver == department.GoOra {
		return Gate{"source.check", department.CheckReport, "the database is checked before each run; findings are in its record and stop nothing"}
	}
	return Gate{"source.check", department.Auto, "the database is checked before each run if the Oracle client layer is there at the deploy"}
}

// publicationGates says when readers do not get a load, as the job's keys say. A table may have its own.
func publicationGates(j department.Job) []Gate {
	g := j.GatesOf(department.Table{})
	var all []Gate
	if g.MinRows > 0 {
		all = append(all, Gate{"expect.minRows", strconv.Itoa(g.MinRows), fmt.Sprintf("a load of fewer than %d rows is held", g.MinRows)})
	}
	drop := department.DefaultMaxDropPercent
	if g.MaxDropPercent != nil {
		drop = *g.MaxDropPercent
	}
	all = append(all, Gate{
		"expect.maxDropPercent", strconv.Itoa(drop), fmt.Sprintf("a load that has lost more than %d percent of the rows is held", drop),
	})
	if g.MaxHours > 0 {
		all = append(all, Gate{"expect.maxHours", strconv.Itoa(g.MaxHours), fmt.Sprintf("a load that started more than %d hours ago is held", g.MaxHours)})
	}
	return append(all, Gate{"onSchemaChange", g.OnSchemaChange, schemaTexts[g.OnSchemaChange]})
}

var schemaTexts = map[string]string{
	department.HoldOnChange:    "a load that lacks a column, or has another type of it, is held",
	department.PublishOnChange: "readers get the columns of each load at once",
	department.FailOnChange:    "a table that lacks a column, or has another type of it, is not good",
}
