package dms

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/oracledb"
)

// The statuses of a replication task.
const (
	statusCreating  = "creating"
	statusReady     = "ready"
	statusStarting  = "starting"
	statusRunning   = "running"
	statusStopping  = "stopping"
	statusStopped   = "stopped"
	statusFailed    = "failed"
	statusModifying = "modifying"
	statusDeleting  = "deleting"
	statusTesting   = "testing"
)

// The migration types.
const (
	fullLoad       = "full-load"
	cdc            = "cdc"
	fullLoadAndCDC = "full-load-and-cdc"
)

// task is a replication task.
type task struct {
	sequence                 int
	arn, identifier          string
	migrationType            string
	instance, source, target string // ARNs
	status                   string
	created                  time.Time
	tags, shownTags          map[string]string // shownTags is what ListTagsForResource returns
	tagged, shown            int               // the number of changes of the tags, and the last one in shownTags

	mappings     string
	mapping      *mapping.Mapping
	applied      map[oracledb.Table]*mapping.Mapping // the document whose rules apply to the rows of a table: see keepTransformations
	logReader    string                              // how the redo log was read when the task was started; empty before
	settingsJSON string                              // with all settings
	settings     taskSettings
	taskData     string
	begin        position // start position of the first run of a cdc task
	checkpoint   int64    // SCN up to which all changes are written; 0 before the first capture
	began        int64    // transactions that began before this SCN are not captured

	load *load // of the current run; nil when no run loads or captures

	ran                 bool // the task was started at least once
	started             time.Time
	stopReason, failure string
	stats               taskStats
	tables              []*tableStats // in the order of the load
	stop                context.CancelCauseFunc

	runs, stops, deletes int
	creationFailed       bool     // the creation of the task failed
	fault                RunFault // of the last run
	stopFault            StopFault
	odd                  string // status that the API shows instead of status; empty for none
}

// active reports whether the task is assessed before its start, starting, running or stopping.
func (t *task) active() bool {
	return slices.Contains([]string{statusTesting, statusStarting, statusRunning, statusStopping}, t.status)
}

// idle reports whether the task may be started, modified or deleted.
func (t *task) idle() bool {
	return slices.Contains([]string{statusReady, statusStopped, statusFailed}, t.status)
}

// taskRequest are the members of CreateReplicationTask and ModifyReplicationTask.
type taskRequest struct {
	ReplicationTaskArn        string
	ReplicationTaskIdentifier string
	MigrationType             string
	ReplicationInstanceArn    string
	SourceEndpointArn         string
	TargetEndpointArn         string
	TableMappings             string
	ReplicationTaskSettings   string
	ResourceIdentifier        string
	TaskData                  string
	Tags                      []tag
	CdcStartPosition          string
	CdcStartTime              *gateway.Time
	CdcStopPosition           string
}

func (r *taskRequest) check() error {
	if r.CdcStopPosition != "" {
		return gateway.NotImplemented("CdcStopPosition: stop the task by StopReplicationTask")
	}
	if r.MigrationType != "" && !slices.Contains([]string{fullLoad, cdc, fullLoadAndCDC}, r.MigrationType) {
		return invalidValue("MigrationType %q is not one of full-load, cdc, full-load-and-cdc", r.MigrationType)
	}
	return nil
}

type taskOutput struct{ ReplicationTask taskAnswer }

func (s *Service) createTask(_ context.Context, in taskRequest) (taskOutput, error) {
	if err := in.check(); err != nil {
		return taskOutput{}, err
	}
	if in.ReplicationTaskArn != "" {
		return taskOutput{}, invalidValue("CreateReplicationTask has no ReplicationTaskArn")
	}
	if in.MigrationType == "" {
		return taskOutput{}, invalidValue("The parameter MigrationType must be provided and must not be blank")
	}
	if err := checkIdentifier("ReplicationTaskIdentifier", in.ReplicationTaskIdentifier, maxTaskName); err != nil {
		return taskOutput{}, err
	}
	t := &task{
		identifier: strings.ToLower(in.ReplicationTaskIdentifier), migrationType: in.MigrationType,
		instance: in.ReplicationInstanceArn, source: in.SourceEndpointArn, target: in.TargetEndpointArn,
		status: statusCreating, created: time.Now(), tags: map[string]string{}, taskData: in.TaskData,
		mappings: in.TableMappings,
	}
	var err error
	if t.begin, err = parsePosition(in.CdcStartPosition, in.CdcStartTime, in.MigrationType); err != nil {
		return taskOutput{}, err
	}
	if t.mapping, err = mapping.Parse(in.TableMappings); err != nil {
		return taskOutput{}, invalidValue("Error in mapping rules. %v", err)
	}
	if t.settingsJSON, t.settings, err = mergeSettings(defaultSettings, in.ReplicationTaskSettings); err != nil {
		return taskOutput{}, err
	}
	if err := setTags(t.tags, in.Tags); err != nil {
		return taskOutput{}, err
	}
	if t.arn, err = s.resourceARN("task", in.ResourceIdentifier); err != nil {
		return taskOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkParts(t); err != nil {
		return taskOutput{}, err
	}
	if err := s.checkRoom(t); err != nil {
		return taskOutput{}, err
	}
	t.sequence = s.next()
	s.tasks[t.arn] = t
	s.showTags(t)
	fault := s.faults.Create(t.snapshot())
	s.notify(TaskCreating, t, Event{})
	s.later(slowed(s.delays.TaskCreate, fault.Slow), func() { s.created(t, fault.Fail) })
	return taskOutput{t.answer(false)}, nil
}

// created completes the creation of a task. The caller holds the lock.
func (s *Service) created(t *task, failure string) {
	if failure == "" && s.instances[t.instance] == nil {
		failure = errInstanceLost.Error()
	}
	if failure == "" {
		t.status = statusReady
		s.notify(TaskCreated, t, Event{})
		return
	}
	t.status, t.failure, t.creationFailed = statusFailed, failure, true
	s.write(t, taskManager, failureLevel, "Task '%s' was not created: %s", t.identifier, failure)
	s.notify(TaskCreationFailed, t, Event{Reason: failure})
}

const maxTaskName = 255

// checkParts checks the instance and the endpoints of a new task. The caller holds the lock.
func (s *Service) checkParts(t *task) error {
	i, from, to := s.instances[t.instance], s.endpoints[t.source], s.endpoints[t.target]
	switch {
	case i == nil:
		return notFound("Replication Instance %s not found", t.instance)
	case from == nil:
		return notFound("Endpoint %s not found", t.source)
	case to == nil:
		return notFound("Endpoint %s not found", t.target)
	case from.oracle == nil:
		return invalidCombination("Endpoint %s is not a source endpoint", t.source)
	case to.s3 == nil:
		return invalidCombination("Endpoint %s is not a target endpoint", t.target)
	case i.status != "available":
		return invalidState("Replication Instance %s is in %s state, not available", i.arn, i.status)
	case from.status != "active":
		return invalidState("Endpoint %s is in %s state, not active", from.arn, from.status)
	case to.status != "active":
		return invalidState("Endpoint %s is in %s state, not active", to.arn, to.status)
	}
	return nil
}

// checkRoom checks that the identifier of a new task is unused and that the quotas allow the task. The
// caller holds the lock.
func (s *Service) checkRoom(t *task) error {
	onInstance := 0
	for _, other := range s.tasks {
		if other.identifier == t.identifier || other.arn == t.arn {
			return alreadyExists("Replication Task %s already exists", t.identifier)
		}
		if other.instance == t.instance {
			onInstance++
		}
	}
	if onInstance >= instanceTasks {
		return quotaExceeded("Replication Instance %s has %d replication tasks already", t.instance, instanceTasks)
	}
	if len(s.tasks) >= accountTasks {
		return quotaExceeded("The account has %d replication tasks already", accountTasks)
	}
	return nil
}

// task returns a task by its ARN. The caller holds the lock.
func (s *Service) task(arn string) (*task, error) {
	if t := s.tasks[arn]; t != nil {
		return t, nil
	}
	return nil, notFound("Task %s not found", arn)
}

func (s *Service) modifyTask(_ context.Context, in taskRequest) (taskOutput, error) {
	if err := in.check(); err != nil {
		return taskOutput{}, err
	}
	if in.ReplicationInstanceArn != "" || in.SourceEndpointArn != "" || in.TargetEndpointArn != "" ||
		in.ResourceIdentifier != "" || len(in.Tags) > 0 {
		return taskOutput{}, invalidCombination("The instance, endpoints, resource identifier and tags of a replication " +
			"task cannot be modified")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.task(in.ReplicationTaskArn)
	if err != nil {
		return taskOutput{}, err
	}
	if !t.idle() {
		return taskOutput{}, invalidState("Replication Task, excluding logging severity task settings, cannot be modified "+
			"while it is %s state", t.status)
	}
	if in.MigrationType != "" && in.MigrationType != t.migrationType {
		return taskOutput{}, invalidCombination("The migration type of replication task %s cannot be modified from %s to %s",
			t.identifier, t.migrationType, in.MigrationType)
	}
	changed := *t
	if err := s.change(&changed, in); err != nil {
		return taskOutput{}, err
	}
	after := cmp.Or(s.faults.Modify(t.snapshot()).Status, t.status)
	*t = changed
	t.status = statusModifying
	s.later(s.delays.TaskModify, func() { t.status = after })
	return taskOutput{t.answer(false)}, nil
}

// change applies a modification to a copy of a task. The caller holds the lock.
func (s *Service) change(t *task, in taskRequest) error {
	if id := in.ReplicationTaskIdentifier; id != "" {
		if err := checkIdentifier("ReplicationTaskIdentifier", id, maxTaskName); err != nil {
			return err
		}
		t.identifier = strings.ToLower(id)
		for _, other := range s.tasks {
			if other.identifier == t.identifier && other.arn != t.arn {
				return alreadyExists("Replication Task %s already exists", t.identifier)
			}
		}
	}
	if in.TableMappings != "" {
		m, err := mapping.Parse(in.TableMappings)
		if err != nil {
			return invalidValue("Error in mapping rules. %v", err)
		}
		t.mapping, t.mappings = m, in.TableMappings
	}
	if in.TaskData != "" {
		t.taskData = in.TaskData
	}
	begin, err := parsePosition(in.CdcStartPosition, in.CdcStartTime, t.migrationType)
	if err != nil {
		return err
	}
	if !begin.isZero() {
		if t.ran {
			return invalidCombination("CdcStartPosition and CdcStartTime of replication task %s cannot be modified: the "+
				"task was started before and continues at its recovery checkpoint", t.identifier)
		}
		t.begin = begin
	}
	t.settingsJSON, t.settings, err = mergeSettings(t.settingsJSON, in.ReplicationTaskSettings)
	return err
}
