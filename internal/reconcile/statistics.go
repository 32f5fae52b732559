package reconcile

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/verdict"
)

// noteStatistics notes in the job's state on which of the job's tables the stopped task has counted DDL, and which tables of a cdc
// task DMS has stopped replicating. The task is about to be started or deleted, or a person may delete it. Its statistics may be
// lost then: a cdc task follows all its tables again, and the changes in between are missing. A full-load-and-cdc task loads such
// tables. read is false if DMS reports no statistics.
func (f *follower) noteStatistics(ctx context.Context, d dms.Description) (read bool, err error) {
	if d.StartedAt.IsZero() || !d.IsStopped() {
		return false, nil
	}
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return false, err
	}
	statistics = slices.DeleteFunc(statistics, func(s dms.TableStatistics) bool { return !f.hasTable(s.String()) })
	if f.job.Type == department.CDC {
		for _, s := range statistics {
			verdict.Diverge(&f.state, s, time.Now())
		}
	}
	return run.NoteDDLBeforeStart(ctx, f.Records, f.Table, &f.state, d, statistics)
}
