package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/oracledb"
)

// archiving is how the sample database archives its redo log: it has done so for two days, and keeps the logs of one.
func archiving(now time.Time) oracledb.Archiving {
	return oracledb.Archiving{Since: now.Add(-48 * time.Hour), Every: time.Hour, Keep: 24 * time.Hour}
}

// deadline prints for how long the task that follows changes may stand still, as the last record of its job says.
func (s *show) deadline(ctx context.Context) error {
	if s.following == nil {
		return nil
	}
	job := s.following.job.Name
	var last records.Run
	err := eachRecord(ctx, s.records, s.outputs["StatsTable"], records.JobKey(job), func(r records.Run) bool {
		last = r
		return false
	})
	if err != nil {
		return err
	}
	d := last.RedoDeadline
	if d == nil || s.department.Source.Check != department.CheckOff && d.Hours == nil {
		return fmt.Errorf("the last record of job %s does not say how long its task may stand still: %+v", job, d)
	}
	s.report.CDC.RedoDeadline = d
	fmt.Fprintf(s.Out, "\nThe last record of %s: %s.\n", job, d.Text)
	return nil
}
