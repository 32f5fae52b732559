package operator

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/wording"
)

// Status is how a department is.
type Status struct {
	Department string       `json:"department"`
	Stack      string       `json:"stack"`
	At         time.Time    `json:"at"`
	Instance   dms.Instance `json:"instance"`
	// DeadLetters is the number of starts that EventBridge Scheduler could not deliver.
	DeadLetters int         `json:"deadLetters"`
	Jobs        []JobStatus `json:"jobs"`
	Needs       []Need      `json:"needs"` // what needs a person, the worst of each job first
}

// JobStatus is how a job is.
type JobStatus struct {
	Job      string          `json:"job"`
	Type     department.Type `json:"type"`
	Paused   bool            `json:"paused,omitempty"`
	Schedule *Schedule       `json:"schedule,omitempty"` // nil if the job has none
	LastRun  *Run            `json:"lastRun,omitempty"`  // nil if no run has ended
	Holder   *Holder         `json:"running,omitempty"`  // nil if nobody holds the job's lease
	Tables   int             `json:"tables"`
	Bad      []BadTable      `json:"badTables,omitempty"`
	// Task is the task of a job that follows changes; nil if DMS has none. LagSeconds is how far it is behind its source, nil if
	// CloudWatch has no value.
	Task         *FollowingTask        `json:"task,omitempty"`
	LagSeconds   *float64              `json:"lagSeconds,omitempty"`
	RedoDeadline *records.RedoDeadline `json:"redoDeadline,omitempty"`
}

// Standstill is for how long after at the task of the job may stand still, for people.
func (s JobStatus) Standstill(at time.Time) string {
	d := s.RedoDeadline
	if d == nil {
		return "-"
	}
	left, known := d.Left(at)
	switch {
	case !known:
		return "not known"
	case d.AtLeast:
		return "over " + wording.Span(left)
	}
	return wording.Span(left)
}

// BadTable is a table that the last run that had it did not find good.
type BadTable struct {
	Table   string    `json:"table"`
	State   string    `json:"state,omitempty"` // table state of DMS
	Reason  string    `json:"reason"`
	Run     string    `json:"run"`
	Since   time.Time `json:"since"` // the start of that run
	Missing bool      `json:"rowsMissing,omitempty"`
	DDL     bool      `json:"ddlSeen,omitempty"`
	// Held says why readers do not get the load of that run, although it is proven: a person accepts it, or not.
	Held []string `json:"held,omitempty"`
}

// badTable returns the table of a run's record if it is not good, or if its load is held; otherwise nil.
func badTable(t records.Table) *BadTable {
	if t.Good && len(t.Held) == 0 {
		return nil
	}
	bad := &BadTable{
		Table: t.Table, State: t.State, Reason: t.Reason, Run: executionName(t.Execution), Since: records.RunStart(t.SK),
		Missing: t.Diverged, DDL: t.DDLSeen,
	}
	for _, gate := range t.Held {
		bad.Held = append(bad.Held, gate.Why)
	}
	return bad
}

// FollowingTask is the replication task of a job that follows changes.
type FollowingTask struct {
	Task           string `json:"task"`
	Status         string `json:"status"`
	StopReason     string `json:"stopReason,omitempty"`
	FailureMessage string `json:"failureMessage,omitempty"`
	running        bool
}

// runsRead is how many of a job's latest runs status reads to find the last word about each table. A run of a full load may have had
// some of the tables only.
const runsRead = 10

// Status returns how the department is now.
func (d *Department) Status(ctx context.Context) (Status, error) {
	s := Status{Department: d.Name, Stack: d.Stack, At: time.Now().UTC(), Needs: []Need{}}
	var err error
	if s.Instance, err = dms.DescribeInstance(ctx, d.tasks, d.outputs[contract.OutputInstance]); err != nil {
		return s, err
	}
	if s.DeadLetters, err = d.deadLetters(ctx); err != nil {
		return s, err
	}
	tasks, err := d.followingTasks(ctx)
	if err != nil {
		return s, err
	}
	s.Jobs = make([]JobStatus, len(d.Manifest.Jobs))
	err = inParallel(len(s.Jobs), func(i int) (err error) {
		s.Jobs[i], err = d.jobStatus(ctx, d.Manifest.Jobs[i], tasks, s.Instance.Name)
		return err
	})
	if err != nil {
		return s, err
	}
	s.Needs = append(s.Needs, s.departmentNeeds(d)...)
	for _, j := range s.Jobs {
		s.Needs = append(s.Needs, j.needs(s.At)...)
	}
	return s, nil
}

// deadLetters is the number of messages in the dead-letter queue of the schedules.
func (d *Department) deadLetters(ctx context.Context) (int, error) {
	queue := d.outputs[contract.OutputDeadLetters]
	visible := sqstypes.QueueAttributeNameApproximateNumberOfMessages
	out, err := d.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{visible},
	})
	if err != nil {
		return 0, fmt.Errorf("count the dead letters in %s: %w", queue, err)
	}
	n, err := strconv.Atoi(out.Attributes[string(visible)])
	if err != nil {
		return 0, fmt.Errorf("count the dead letters in %s: %w", queue, err)
	}
	return n, nil
}

// followingTasks describes the tasks of all jobs that follow changes. The map is by identifier.
func (d *Department) followingTasks(ctx context.Context) (map[string]dms.Description, error) {
	var tasks []dms.Task
	for _, job := range d.Manifest.Jobs {
		if job.Type.Continuous() {
			tasks = append(tasks, dms.Task{ID: run.TaskID(d.Stack, job.Tasks[0])})
		}
	}
	if len(tasks) == 0 {
		return nil, nil
	}
	return dms.Describe(ctx, d.tasks, tasks)
}

func (d *Department) jobStatus(
	ctx context.Context, job manifest.Job, tasks map[string]dms.Description, instance string,
) (JobStatus, error) {
	s := JobStatus{Job: job.Name, Type: job.Type, Paused: job.Paused}
	runs, err := records.LatestRuns(ctx, d.records, d.table(), job.Name, runsRead)
	if err != nil {
		return s, err
	}
	if len(runs) > 0 {
		s.LastRun, s.RedoDeadline = new(runOf(runs[0])), runs[0].RedoDeadline
	}
	if s.Holder, err = d.holder(ctx, job.Name); err != nil {
		return s, err
	}
	if s.Schedule, err = d.schedule(ctx, job.Name); err != nil {
		return s, err
	}
	if s.Bad, s.Tables, err = d.badTables(ctx, job, runs); err != nil || !job.Type.Continuous() {
		return s, err
	}
	return s, d.readFollowing(ctx, &s, tasks[run.TaskID(d.Stack, job.Tasks[0])], instance)
}

// readFollowing reads how the task of a job that follows changes is.
func (d *Department) readFollowing(ctx context.Context, s *JobStatus, task dms.Description, instance string) error {
	if task.ARN == "" {
		return nil
	}
	s.Task = &FollowingTask{
		Task: task.ID, Status: task.Status, StopReason: dms.Brief(task.StopReason), FailureMessage: task.FailureMessage,
		running: task.IsRunning() || task.IsChanging(),
	}
	if !task.IsRunning() {
		return nil
	}
	latencies, err := dms.Latencies(ctx, d.metrics, instance, []string{task.ARN})
	if err != nil {
		return err
	}
	s.LagSeconds = latencies[task.ARN].Target
	return nil
}

// badTables returns those tables of a job that are not good, and the number of all. runs are the job's latest runs, the newest first.
// The last run that had a table has the last word about it.
func (d *Department) badTables(ctx context.Context, job manifest.Job, runs []records.Run) (bad []BadTable, tables int, err error) {
	var open []string // tables about which no run has had a word yet
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			open = append(open, t.String())
		}
	}
	tables = len(open)
	for _, r := range runs {
		if len(open) == 0 {
			break
		}
		found, err := records.FindTables(ctx, d.records, d.table(), r.SK, open)
		if err != nil {
			return nil, 0, err
		}
		var later []string
		for _, name := range open {
			t, ok := found[name]
			switch {
			case !ok || t.Job != job.Name:
				later = append(later, name)
			default:
				if b := badTable(t); b != nil {
					bad = append(bad, *b)
				}
			}
		}
		open = later
	}
	return bad, tables, nil
}
