package operator

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// Loads says how the last full loads of a job went, as far as they loaded the tables that the job has now.
type Loads struct {
	Runs int // 0 if none is recorded
	// The other members are medians: how long the creation of the tasks, the load from their start on, and their deletion took.
	Creating, Loading, Deleting time.Duration
	Bytes                       int64 // of the files
}

// Loads reads how the last full loads of a job went.
func (d *Department) Loads(ctx context.Context, job manifest.Job) (Loads, error) {
	pace, err := records.FindPace(ctx, d.records, d.table(), job.Name, run.PaceTables(job))
	if err != nil || len(pace.Runs) == 0 {
		return Loads{}, err
	}
	runs, err := records.LatestRuns(ctx, d.records, d.table(), job.Name, runsRead)
	if err != nil {
		return Loads{}, err
	}
	runs = slices.DeleteFunc(runs, func(r records.Run) bool { return !runOf(r).Succeeded() || r.RequestedTables > 0 })
	took := func(part func(records.RunPace) int) time.Duration {
		return time.Duration(median(pace.Runs, part)) * time.Second
	}
	return Loads{
		Runs:     len(pace.Runs),
		Creating: took(func(p records.RunPace) int { return p.Creating }),
		Loading:  took(func(p records.RunPace) int { return p.Loading }),
		Deleting: took(func(p records.RunPace) int { return p.Deleting }),
		Bytes:    median(runs, func(r records.Run) int64 { return r.Bytes }),
	}, nil
}

// median returns the middle one of some values, or the lower of two in the middle; 0 of none.
func median[T any, V int | int64](all []T, value func(T) V) V {
	if len(all) == 0 {
		return 0
	}
	values := make([]V, len(all))
	for i, one := range all {
		values[i] = value(one)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
