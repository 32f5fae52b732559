package operator

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Loads says how the latest full loads of a job went. The other members are medians.
type Loads struct {
	Runs   int           // that loaded all tables of the job; 0 if none is recorded
	Before time.Duration // from the start of a run to that of the load of its first table
	Load   time.Duration // from there to the end of the load of the last table
	Bytes  int64         // of the files
}

// Loads reads the records of the latest runs of a job, at most n.
func (d *Department) Loads(ctx context.Context, job manifest.Job, n int) (Loads, error) {
	runs, err := records.LatestRuns(ctx, d.records, d.table(), job.Name, n)
	if err != nil {
		return Loads{}, err
	}
	var tables []string
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			tables = append(tables, t.String())
		}
	}
	runs = slices.DeleteFunc(runs, func(r records.Run) bool { return !runOf(r).Succeeded() || r.RequestedTables > 0 })
	spans := make([]loadSpan, len(runs))
	err = inParallel(len(runs), func(i int) error {
		found, err := records.FindTables(ctx, d.records, d.table(), runs[i].SK, tables)
		if err == nil {
			spans[i] = spanOf(runs[i], found)
		}
		return err
	})
	if err != nil {
		return Loads{}, err
	}
	spans = slices.DeleteFunc(spans, func(s loadSpan) bool { return s.began.IsZero() })
	if len(spans) == 0 {
		return Loads{}, nil
	}
	return Loads{
		Runs:   len(spans),
		Before: median(spans, func(s loadSpan) time.Duration { return s.began.Sub(s.run.StartedAt) }),
		Load:   median(spans, func(s loadSpan) time.Duration { return s.ended.Sub(s.began) }),
		Bytes:  median(spans, func(s loadSpan) int64 { return s.run.Bytes }),
	}, nil
}

// loadSpan is a run, and the time in which it loaded its tables; zero if DMS reported none.
type loadSpan struct {
	run          records.Run
	began, ended time.Time
}

func spanOf(run records.Run, tables map[string]records.Table) loadSpan {
	s := loadSpan{run: run}
	for _, t := range tables {
		if t.LoadStartedAt == nil || t.LoadEndedAt == nil {
			continue
		}
		if s.began.IsZero() || t.LoadStartedAt.Before(s.began) {
			s.began = *t.LoadStartedAt
		}
		if t.LoadEndedAt.After(s.ended) {
			s.ended = *t.LoadEndedAt
		}
	}
	return s
}

// median returns the middle one of some values, or the lower of two in the middle.
func median[T any, V time.Duration | int64](all []T, value func(T) V) V {
	values := make([]V, len(all))
	for i, one := range all {
		values[i] = value(one)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
