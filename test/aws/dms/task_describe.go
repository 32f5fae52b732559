package dms

import (
	"context"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

type taskAnswer struct {
	ReplicationTaskIdentifier   string
	SourceEndpointArn           string
	TargetEndpointArn           string
	ReplicationInstanceArn      string
	MigrationType               string
	TableMappings               string `json:",omitempty"`
	ReplicationTaskSettings     string `json:",omitempty"`
	TaskData                    string `json:",omitempty"`
	CdcStartPosition            string `json:",omitempty"`
	RecoveryCheckpoint          string `json:",omitempty"`
	Status                      string
	LastFailureMessage          string        `json:",omitempty"`
	StopReason                  string        `json:",omitempty"`
	ReplicationTaskCreationDate *gateway.Time `json:",omitempty"`
	ReplicationTaskStartDate    *gateway.Time `json:",omitempty"`
	ReplicationTaskArn          string
	ReplicationTaskStats        *statsAnswer `json:",omitempty"`
}

type statsAnswer struct {
	FullLoadProgressPercent int
	ElapsedTimeMillis       int64
	TablesLoaded            int
	TablesLoading           int
	TablesQueued            int
	TablesErrored           int
	FreshStartDate          *gateway.Time `json:",omitempty"`
	StartDate               *gateway.Time `json:",omitempty"`
	StopDate                *gateway.Time `json:",omitempty"`
	FullLoadStartDate       *gateway.Time `json:",omitempty"`
	FullLoadFinishDate      *gateway.Time `json:",omitempty"`
}

// taskStats are the dates of a task's last run.
type taskStats struct {
	freshStart, start, stop, loadStart, loadFinish time.Time
}

// answer returns a task in the form of the API. The caller holds the lock.
func (t *task) answer(withoutSettings bool) taskAnswer {
	a := taskAnswer{
		ReplicationTaskIdentifier: t.identifier, SourceEndpointArn: t.source, TargetEndpointArn: t.target,
		ReplicationInstanceArn: t.instance, MigrationType: t.migrationType, Status: t.status, TaskData: t.taskData,
		LastFailureMessage: t.failure, StopReason: t.stopReason, ReplicationTaskArn: t.arn,
		ReplicationTaskCreationDate: gateway.At(t.created), ReplicationTaskStartDate: gateway.At(t.started),
	}
	a.CdcStartPosition = t.begin.given
	if t.checkpoint > 0 {
		a.RecoveryCheckpoint = checkpoint(t.checkpoint)
	}
	if !withoutSettings {
		a.TableMappings, a.ReplicationTaskSettings = t.mappings, t.settingsJSON
	}
	// A task that is running with errors is running: it has another status once it is stopped.
	if t.odd != "" && (t.status == statusRunning || !strings.EqualFold(t.odd, "running with errors")) {
		a.Status = t.odd
	}
	if t.ran {
		a.ReplicationTaskStats = t.statsAnswer()
	}
	return a
}

func (t *task) statsAnswer() *statsAnswer {
	d := t.stats
	a := &statsAnswer{
		FreshStartDate: gateway.At(d.freshStart), StartDate: gateway.At(d.start), StopDate: gateway.At(d.stop),
		FullLoadStartDate: gateway.At(d.loadStart), FullLoadFinishDate: gateway.At(d.loadFinish),
	}
	for _, table := range t.tables {
		switch table.state {
		case tableCompleted:
			a.TablesLoaded++
		case tableLoading, tableReloading:
			a.TablesLoading++
		case tableBefore:
			a.TablesQueued++
		case tableError:
			a.TablesErrored++
		}
	}
	if !d.start.IsZero() {
		until := d.stop
		if until.IsZero() {
			until = time.Now()
		}
		a.ElapsedTimeMillis = until.Sub(d.start).Milliseconds()
	}
	switch all := a.TablesLoaded + a.TablesLoading + a.TablesQueued + a.TablesErrored; {
	case !d.loadFinish.IsZero() || t.migrationType == cdc:
		a.FullLoadProgressPercent = 100
	case all > 0:
		a.FullLoadProgressPercent = min(99, 100*a.TablesLoaded/all)
	}
	return a
}

type tasksAnswer struct {
	Marker           string `json:",omitempty"`
	ReplicationTasks []taskAnswer
}

func (s *Service) describeTasks(_ context.Context, in struct {
	page
	WithoutSettings bool
},
) (tasksAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []listed[*task]
	for _, t := range s.tasks {
		all = append(all, listed[*task]{t, t.sequence, map[string][]string{
			"replication-task-arn": {t.arn}, "replication-task-id": {t.identifier}, "migration-type": {t.migrationType},
			"endpoint-arn": {t.source, t.target}, "replication-instance-arn": {t.instance},
		}})
	}
	found, marker, err := list("replication tasks", all, in.page, 100, "replication-task-arn", "replication-task-id",
		"migration-type", "endpoint-arn", "replication-instance-arn")
	if err != nil {
		return tasksAnswer{}, err
	}
	out := tasksAnswer{Marker: marker, ReplicationTasks: []taskAnswer{}}
	for _, t := range found {
		out.ReplicationTasks = append(out.ReplicationTasks, t.answer(in.WithoutSettings))
	}
	return out, nil
}
