package run

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// jobState is the state of a job that follows changes while Record updates it. It is empty for a full load.
type jobState struct {
	records.JobState
	previous map[string]records.Table // table records of JobState.LastRun, by SCHEMA.TABLE
}

// updateState updates the job's state with what the run's tasks have done. It also fails tables in the verdicts of judged that
// DMS reports as good: tables that have diverged, and tables that were added to the job and never loaded.
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
	if !d.StartedAt.IsZero() {
		s.Manifest = &records.Object{Bucket: doc.Manifest.Bucket, Key: doc.Manifest.Key}
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
	if s.previous, err = r.previousTables(ctx, s.JobState, followed.verdict); err != nil {
		return s, err
	}
	s.updateTables(doc, judged)
	s.LastRun = key.SK
	return s, nil
}

// previousTables reads the table records of the last run that read the counts of changes.
func (r Record) previousTables(ctx context.Context, state records.JobState, v verdict.Verdict) (map[string]records.Table, error) {
	if state.LastRun == "" {
		return nil, nil
	}
	names := make([]string, len(v.Tables))
	for i, t := range v.Tables {
		names[i] = t.String()
	}
	return records.FindTables(ctx, r.Records, r.Table, state.LastRun, names)
}

// updateTables notes in the state which tables have diverged, and which ones this run has loaded. A load includes all DDL from
// before it, so a loaded table diverges only by later DDL.
func (s *jobState) updateTables(doc *Document, judged []taskVerdict) {
	followed, last := &judged[0], judged[len(judged)-1]
	loaded := verdict.LoadedTables(doc.Reload, last.task.Backfill, last.verdict, last.observation.Statistics)
	now := time.Now()
	for _, t := range followed.verdict.Tables {
		name := t.String()
		before := s.previous[name].Changes
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

// fillRecord adds what one task has done with a table to the table's record. Two tasks may have the same table: one follows it,
// the other has loaded it.
func (s *jobState) fillRecord(record *records.Table, t verdict.Table) {
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
	record.New = record.Changes.Since(s.previous[t.String()].Changes)
	_, record.Diverged = s.Diverged[t.String()]
	if record.LoadStartedAt == nil {
		record.LoadStartedAt, record.LoadEndedAt = timeOrNil(stats.LoadStartedAt), timeOrNil(stats.LoadEndedAt)
	}
}

// writeState stores the state for the job's next run. It does nothing for a full load, which has no state.
func (r Record) writeState(ctx context.Context, s *jobState) error {
	if s.PK == "" {
		return nil
	}
	return records.WriteJobState(ctx, r.Records, r.Table, &s.JobState)
}
