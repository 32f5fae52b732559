package run

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// jobState is the state of a job that follows changes while Record updates it. It is empty for a full load.
type jobState struct {
	records.JobState
	previous map[string]records.Table      // table records of JobState.LastRun, by SCHEMA.TABLE
	accepted map[string]records.Acceptance // of this run, by SCHEMA.TABLE
}

// readState reads the state of a job that follows changes, before the run is judged.
func (r Record) readState(ctx context.Context, doc *Document) (s jobState, err error) {
	if !doc.Type.Continuous() || doc.recordedElsewhere() {
		return s, nil
	}
	s.JobState, err = records.FindJobState(ctx, r.Records, r.Table, doc.Request.Job)
	doc.FillReload(s.JobState)
	return s, err
}

// updateState updates the job's state with what the run's tasks have done. It also fails tables in the verdicts of judged that
// DMS reports as good: tables with missing rows or DDL, and tables that were added to the job and never loaded.
func (r Record) updateState(ctx context.Context, doc *Document, key records.Key, judged []taskVerdict, s *jobState) (err error) {
	if s.PK == "" {
		return nil
	}
	s.noteWholeRows(doc, judged)
	if len(judged) == 0 || !judged[0].observation.Exists {
		return nil
	}
	followed := &judged[0]
	d := followed.observation.Task
	verdict.AdviseLostLog(&followed.verdict, d, doc.Type, doc.Request.Job)
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
	counted := len(followed.observation.Statistics) > 0 && (d.IsRunning() || d.IsStopped())
	if counted {
		names := make([]string, len(followed.verdict.Tables))
		for i, t := range followed.verdict.Tables {
			names[i] = t.String()
		}
		if s.previous, err = countsBefore(ctx, r.Records, r.Table, s.JobState, names); err != nil {
			return err
		}
		s.noteDDL(doc, judged)
		s.LastRun, s.LastStart = key.SK, &d.StartedAt
		maps.DeleteFunc(s.Left, func(name string, _ records.LeftTable) bool { return !s.MayStillFollow(name, d.StartedAt) })
	}
	s.updateTables(doc, judged)
	return nil
}

// updateTables notes in the state which tables DMS has stopped replicating, which ones this run has loaded, and on which ones it
// accepts DDL. A load includes all earlier changes.
func (s *jobState) updateTables(doc *Document, judged []taskVerdict) {
	followed := &judged[0]
	loaded := loadedTables(doc, judged)
	now := time.Now()
	for _, t := range followed.verdict.Tables {
		name := t.String()
		if slices.Contains(loaded, name) {
			delete(s.Diverged, name)
		}
		verdict.Diverge(&s.JobState, t.Statistics, now)
		verdict.AwaitLoad(&s.JobState, &followed.verdict, t)
		s.acceptDDL(doc, name, now)
	}
	s.Loads = nil // The run is over, and so is its load.
	s.Backfill = slices.DeleteFunc(s.Backfill, func(name string) bool { return slices.Contains(loaded, name) })
	verdict.MarkDiverged(&s.JobState, &followed.verdict, doc.Request.Job)
}

// loadedTables lists the tables, SCHEMA.TABLE, that this run has loaded.
func loadedTables(doc *Document, judged []taskVerdict) []string {
	last := judged[len(judged)-1]
	return verdict.LoadedTables(doc.Reload, last.task.Backfill, last.verdict)
}

// fillRecord adds what one task has done with a table to the table's record. Two tasks may have the same table: one follows it,
// the other has loaded it.
func (s *jobState) fillRecord(record *records.Table, t verdict.Table) {
	stats := t.Statistics
	if record.Good = record.Good && t.Good; record.Good {
		record.Proof = string(t.Proof)
	} else {
		record.Proof = ""
	}
	if record.Reason == "" {
		record.Reason = t.Reason
	}
	if record.Held = nil; record.Good {
		record.Held = t.Held
	}
	if record.State == "" {
		record.State = stats.State
	}
	record.Rows += stats.Rows
	record.Changes = record.Changes.Plus(verdict.Changes(stats))
	record.New = record.Changes.Since(s.previous[t.String()].Changes)
	_, record.Diverged = s.Diverged[t.String()]
	_, record.DDLSeen = s.DDLSeen[t.String()]
	if accepted, ok := s.accepted[t.String()]; ok {
		record.Accepted = &accepted
	}
	if record.LoadStartedAt == nil {
		record.LoadStartedAt, record.LoadEndedAt = timeOrNil(stats.LoadStartedAt), timeOrNil(stats.LoadEndedAt)
	}
}

// writeState stores the state for the job's next run. It does nothing for a full load, which has no state.
func (r Record) writeState(ctx context.Context, doc *Document, s *jobState) error {
	if s.PK == "" {
		return nil
	}
	return records.WriteJobState(ctx, r.Records, r.Table, doc.Owner(), &s.JobState)
}
