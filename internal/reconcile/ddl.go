package reconcile

import (
	"context"
	"slices"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/run"
)

// noteDDL notes in the job's state on which of the job's tables the stopped task has counted DDL. The task is about to be started or
// deleted, and its counts may be lost then. read is false if DMS reports no counts.
func (f *follower) noteDDL(ctx context.Context, d dms.Description) (read bool, err error) {
	if d.StartedAt.IsZero() || !d.IsStopped() {
		return false, nil
	}
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return false, err
	}
	statistics = slices.DeleteFunc(statistics, func(s dms.TableStatistics) bool { return !f.hasTable(s.String()) })
	return run.NoteDDLBeforeStart(ctx, f.Records, f.Table, &f.state, d, statistics)
}
