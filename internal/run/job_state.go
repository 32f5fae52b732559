package run

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// jobState is the state of a job that follows changes, as this run changes it. That of a full load is empty.
type jobState struct {
	records.JobState
	before map[string]records.Table // the tables' records of the last run that counted changes
}

// updateState brings the job's state up to what the run's tasks have done. In their verdicts it fails the tables that DMS
// calls good and that are not: those that have diverged, and those that joined the job and were never loaded.
func (r Record) updateState(ctx context.Context, doc *Document, key records.Key, judged []taskVerdict) (s jobState, err error) {
	if !doc.Type.Continuous() || doc.recordedElsewhere() {
		return s, nil
	}
	if s.JobState, err = records.FindJobState(ctx, r.Records, r.Table, doc.Request.Job); err != nil {
		return s, err
	}
	if len(judged) == 0 || !judged[0].observation.Exists {
		return s, nil
	}
	followed := &judged[0]
	d := followed.observation.Task
	if d.Checkpoint != "" {
		s.Checkpoint, s.CheckpointAt = d.Checkpoint, new(time.Now())
	}
	switch {
	case doc.Resumed && s.ResumedBy != doc.Execution:
		s.ResumeAttempts++
		s.ResumedBy = doc.Execution
	case !doc.Resumed && d.IsRunning():
		s.ResumeAttempts, s.GivenUpReason = 0, ""
	}
	if len(followed.observation.Statistics) == 0 {
		return s, nil
	}
	if s.before, err = r.lastCounts(ctx, s.JobState, followed.verdict); err != nil {
		return s, err
	}
	s.updateTables(doc, judged)
	s.LastRun = key.SK
	return s, nil
}

// lastCounts are the tables' records of the last run that counted changes.
func (r Record) lastCounts(ctx context.Context, state records.JobState, v verdict.Verdict) (map[string]records.Table, error) {
	if state.LastRun == "" {
		return nil, nil
	}
	names := make([]string, len(v.Tables))
	for i, t := range v.Tables {
		names[i] = t.String()
	}
	return records.FindTables(ctx, r.Records, r.Table, state.LastRun, names)
}

// updateTables notes which tables have diverged, and which were loaded. What happened before a load of this run is in it.
func (s *jobState) updateTables(doc *Document, judged []taskVerdict) {
	followed, last := &judged[0], judged[len(judged)-1]
	loaded := verdict.LoadedTables(doc.Reload, last.task.Backfill, last.verdict, last.observation.Statistics)
	now := time.Now()
	for _, t := range followed.verdict.Tables {
		name := t.String()
		before := s.before[name].Changes
		if slices.Contains(loaded, name) {
			delete(s.Diverged, name)
			before.DDLs = doc.Reload.DDLs[name]
		}
		verdict.Diverge(&s.JobState, t, before, now)
		verdict.AwaitLoad(&s.JobState, &followed.verdict, t)
	}
	s.Backfill = slices.DeleteFunc(s.Backfill, func(name string) bool { return slices.Contains(loaded, name) })
	verdict.MarkDiverged(&s.JobState, &followed.verdict, doc.Request.Job)
}

// fill writes what is known of a table into its record.
func (s *jobState) fill(record *records.Table, t verdict.Table) {
	stats := t.Statistics
	record.Good = record.Good && t.Good
	if record.Reason == "" {
		record.Reason = t.Reason
	}
	if record.State == "" {
		record.State = stats.State
	}
	record.Rows += stats.Rows
	record.Changes = record.Changes.Plus(verdict.Changes(stats))
	record.New = record.Changes.Since(s.before[t.String()].Changes)
	_, record.Diverged = s.Diverged[t.String()]
	if record.LoadStartedAt == nil {
		record.LoadStartedAt, record.LoadEndedAt = stamp(stats.LoadStartedAt), stamp(stats.LoadEndedAt)
	}
}

// write keeps the state for the job's next run. A full load has none.
func (r Record) writeState(ctx context.Context, s *jobState) error {
	if s.PK == "" {
		return nil
	}
	return records.WriteJobState(ctx, r.Records, r.Table, &s.JobState)
}
