package run

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// NoteDDLBeforeStart notes in a job's state on which tables a stopped task has counted DDL since the last run that read the counts.
// Call it before the task is started or deleted: its counts may be lost then. read is false if statistics is empty.
func NoteDDLBeforeStart(
	ctx context.Context, api records.BatchReader, table string, state *records.JobState, d dms.Description, statistics []dms.TableStatistics,
) (read bool, err error) {
	names := make([]string, len(statistics))
	for i, s := range statistics {
		names[i] = s.String()
	}
	before, err := countsBefore(ctx, api, table, *state, names)
	if err != nil {
		return false, err
	}
	verdict.Counts{Before: before, Now: statistics, Started: state.StartedSince(d.StartedAt)}.NoteDDL(state, time.Now())
	return len(statistics) > 0, nil
}

// countsBefore reads the table records of the last run that read the counts of changes. A table that has left the task since then has
// no earlier counts: if it returned, its counts began at 0 again.
func countsBefore(ctx context.Context, api records.BatchReader, table string, state records.JobState, names []string) (map[string]records.Table, error) {
	if state.LastRun == "" {
		return nil, nil
	}
	stayed := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, left := state.Left[name]
		return left
	})
	return records.FindTables(ctx, api, table, state.LastRun, stayed)
}

// noteDDL notes in the state on which tables DMS has counted DDL since the last run that read the counts. A load that this run has
// made includes all DDL from before it.
func (s *jobState) noteDDL(doc *Document, judged []taskVerdict) {
	startedAt, now := judged[0].observation.Task.StartedAt, time.Now()
	loaded := loadedTables(doc, judged)
	earlier := verdict.Counts{Before: s.previous, Started: s.StartedSince(startedAt), Read: doc.Resumed && doc.CountsRead}
	sinceLoad := verdict.Counts{Before: map[string]records.Table{}, Started: doc.Reload != nil && !doc.Reload.TaskStartedAt.Equal(startedAt)}
	for _, t := range judged[0].verdict.Tables {
		name := t.String()
		switch {
		case t.Statistics.Name == "": // DMS does not report the table.
		case slices.Contains(loaded, name):
			delete(s.DDLSeen, name)
			sinceLoad.Before[name] = records.Table{State: t.Statistics.State, Changes: records.Changes{DDLs: doc.Reload.DDLs[name]}}
			sinceLoad.Now = append(sinceLoad.Now, t.Statistics)
		default:
			earlier.Now = append(earlier.Now, t.Statistics)
		}
	}
	earlier.NoteDDL(&s.JobState, now)
	sinceLoad.Proven = earlier.WentOn()
	sinceLoad.NoteDDL(&s.JobState, now)
}
