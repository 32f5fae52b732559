package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/catalog/glue"
	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Orphans is the function that a schedule starts twice an hour. It finds replication tasks that only load and leases that have no
// owner: no execution of their job is running. It also finds runs that have ended without success and that nobody knows of: see
// recoverUnreported. And it writes how the jobs are to CloudWatch: see Health. It changes no task, no lease and no record of a run itself. For a lease it starts a recovery of the run that
// holds the lease, for tasks a run of their job that deletes them. So whoever changes something holds the lease. It deletes tables of
// the Data Catalog that the department's file no longer names.
type Orphans struct {
	contract.Environment
	Manifest  contract.Address
	Log       *slog.Logger
	Documents documents.Reader
	Records   interface {
		records.Reader
		records.Putter
	}
	Executions ExecutionStarter
	Health     Health
	DMS        interface {
		dms.Describer
		dms.TagReader
	}
	DataCatalog     glue.OrphanAPI
	CatalogDatabase string // empty in a department with catalog: off
}

// ExecutionStarter lists, describes and starts executions of the state machine.
type ExecutionStarter interface {
	Executions
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// rememberingExecutions describes each execution once. A search meets the same recoveries again and again: a recovery is described by
// the run that it recovers, which may be a failed recovery of another one.
type rememberingExecutions struct {
	ExecutionStarter
	described map[string]*sfn.DescribeExecutionOutput // by ARN
}

// DescribeExecution describes an execution as it was when it was first asked for.
func (r rememberingExecutions) DescribeExecution(
	ctx context.Context, in *sfn.DescribeExecutionInput, options ...func(*sfn.Options),
) (*sfn.DescribeExecutionOutput, error) {
	arn := aws.ToString(in.ExecutionArn)
	if out, ok := r.described[arn]; ok {
		return out, nil
	}
	out, err := r.ExecutionStarter.DescribeExecution(ctx, in, options...)
	if err == nil {
		r.described[arn] = out
	}
	return out, err
}

// NewOrphans makes the function from the environment variables that the stack sets.
func NewOrphans(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	common, store := env.Common(), dynamodb.NewFromConfig(cfg)
	o := Orphans{
		Environment: common, Log: log,
		Manifest:  contract.Address{Bucket: env.Need(contract.EnvManifestBucket), Key: env.Need(contract.EnvManifestKey)},
		Documents: s3.NewFromConfig(cfg), Records: store, Executions: sfn.NewFromConfig(cfg),
		DMS: awsdms.NewFromConfig(cfg), DataCatalog: awsglue.NewFromConfig(cfg), CatalogDatabase: getenv(contract.EnvCatalogDatabase),
		Health: Health{
			Stack: common.Stack, Table: common.Table, InstanceName: env.Need(contract.EnvInstanceName),
			Records: store, Metrics: cloudwatch.NewFromConfig(cfg),
		},
	}
	return o.Step(), env.Err()
}

// maxOrphans is the most tasks that one run deletes: their identifiers are a part of the run document. The next search finds the rest.
const maxOrphans = 100

// Step looks at every job of the manifest, and at every job that a task of the stack names. It reads the tasks before the executions
// and the leases: a task that was there when no execution of its job was running has no owner.
func (o Orphans) Step() Step {
	return NewStep("orphans", o.Department, o.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		o := o
		o.Executions = rememberingExecutions{o.Executions, map[string]*sfn.DescribeExecutionOutput{}}
		tasks, err := dms.OwnedTasks(ctx, o.DMS, "", o.Stack, dms.Tags{})
		if err != nil {
			return err
		}
		content, err := documents.Fetch(ctx, o.Documents, o.Manifest)
		if err != nil {
			return fmt.Errorf("read the manifest %s: %w", o.Manifest, err)
		}
		m, err := manifest.Parse(content)
		if err != nil {
			return fmt.Errorf("read the manifest %s: %w", o.Manifest, err)
		}
		// None prevents another: the metrics say how the jobs are, also while the search fails.
		err = errors.Join(o.Health.Write(ctx, m, tasks), o.search(ctx, log, doc.Execution, m, tasks), o.removeFromCatalog(ctx, log, m))
		doc.SetPhase(dms.Finished, time.Now())
		return err
	})
}

// search inspects every job of which no execution is running, and finds runs that nobody knows of.
func (o Orphans) search(ctx context.Context, log *slog.Logger, execution string, m *manifest.Manifest, tasks []dms.OwnedTask) error {
	running, err := o.describeRunning(ctx, machineOf(execution))
	if err != nil {
		return err
	}
	names := jobNames(m.Jobs)
	for _, task := range tasks {
		names = append(names, task.Job)
	}
	slices.Sort(names)
	var problems []error // A job that cannot be inspected does not keep the others from it.
	for _, name := range slices.Compact(names) {
		if name != "" && !running.jobs[name] {
			problems = append(problems, o.inspect(ctx, log, execution, m, name, tasks, running))
		}
	}
	problems = append(problems, o.recoverUnreported(ctx, log, execution, running.recovered))
	return errors.Join(problems...)
}

// removeFromCatalog deletes the tables of the Data Catalog that no full-load job of the manifest has. A run that started before a deploy
// may still write such a table; the next search deletes it.
func (o Orphans) removeFromCatalog(ctx context.Context, log *slog.Logger, m *manifest.Manifest) error {
	if o.CatalogDatabase == "" {
		return nil
	}
	wanted := map[string]bool{}
	for _, job := range m.Jobs {
		for _, task := range job.Tasks {
			for _, t := range task.Tables {
				wanted[department.CatalogName(t.TargetName)] = job.Type == department.FullLoad || wanted[department.CatalogName(t.TargetName)]
			}
		}
	}
	removed, err := glue.RemoveOrphans(ctx, o.DataCatalog, o.CatalogDatabase, wanted)
	for _, name := range removed {
		log.Info("no full-load job has this table any more: it is deleted from the catalog, and its files stay", "task", "", "table", name)
	}
	return err
}

// machineOf returns the ARN of the state machine of an execution.
func machineOf(execution string) string {
	machine := strings.Replace(execution, ":execution:", ":stateMachine:", 1)
	return machine[:max(0, strings.LastIndexByte(machine, ':'))]
}

// runningExecutions is what the running executions work on.
type runningExecutions struct {
	jobs      map[string]bool // the jobs of runs and recoveries
	recovered map[string]bool // the runs that a recovery is at work on, by the ARN of their execution
}

// describeRunning describes the running executions of the state machine.
func (o Orphans) describeRunning(ctx context.Context, machine string) (runningExecutions, error) {
	running := runningExecutions{map[string]bool{}, map[string]bool{}}
	pages := sfn.NewListExecutionsPaginator(o.Executions, &sfn.ListExecutionsInput{
		StateMachineArn: &machine, StatusFilter: types.ExecutionStatusRunning,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return running, fmt.Errorf("list running executions: %w", err)
		}
		for _, e := range page.Executions {
			execution := aws.ToString(e.ExecutionArn)
			run, job, err := recoveredBy(ctx, o.Executions, execution)
			if err != nil {
				return running, err
			}
			running.jobs[job] = true
			if run != execution {
				running.recovered[run] = true
			}
		}
	}
	return running, nil
}

// inspect looks at one job that has no running execution, and starts what it needs.
func (o Orphans) inspect(
	ctx context.Context, log *slog.Logger, by string, m *manifest.Manifest, name string, tasks []dms.OwnedTask,
	running runningExecutions,
) error {
	holder, err := records.FindHolder(ctx, o.Records, o.Table, name)
	if err != nil {
		return err
	}
	switch {
	case holder.IsDeploy() && time.Now().Before(holder.DeployHold):
		return nil
	case holder.Execution != "":
		abandoned, err := describeAbandonedRun(ctx, o.Executions, holder.Execution)
		if err != nil || abandoned == nil {
			return err
		}
		if abandoned.request.Job != "" {
			log.Warn("the lease has no owner: starting a recovery", "task", "", "orphaned", name, "holder", holder.Execution)
			running.recovered[abandoned.execution] = true
			return o.start(ctx, by, name, Request{Recover: holder.Execution})
		}
	}
	job, exists := m.Job(name)
	var orphans []string
	for _, task := range tasks {
		if task.Job != name {
			continue
		}
		if isOrphan(o.Stack, task.Description, job, exists) {
			orphans = append(orphans, task.ID)
		} else if !exists {
			log.Warn("no job has this task, and it is kept because it has a checkpoint: deploy the stack again, or delete the task yourself",
				"task", task.ID, "orphaned", name)
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	orphans = orphans[:min(len(orphans), maxOrphans)]
	log.Warn("tasks have no owner: starting a run that deletes them", "task", strings.Join(orphans, " "), "orphaned", name)
	return o.start(ctx, by, name, Request{Job: name, Orphans: orphans})
}

// isOrphan says that a task has no owner, if no run of its job is running. exists says that the manifest has the job. A task that
// follows changes belongs to its job, also between runs. Once it has started, it has a checkpoint, and only a deploy deletes it: while
// a deploy is in progress, the manifest may be the wrong one.
func isOrphan(stack string, task dms.Description, job manifest.Job, exists bool) bool {
	switch {
	case task.Status == dms.StatusDeleting:
		return false
	case task.Type.Continuous():
		mine := exists && slices.ContainsFunc(job.Tasks, func(t manifest.Task) bool { return TaskID(stack, t) == task.ID })
		return task.StartedAt.IsZero() && !mine
	default:
		return !exists || !job.KeepFailedTask || !task.IsStopped()
	}
}

// start starts an execution for a job or for an unreported run. The name makes the call repeatable: a second call of this function
// starts no second one.
func (o Orphans) start(ctx context.Context, by, subject string, request Request) error {
	input, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("start an execution for %s: %w", subject, err)
	}
	sum := sha256.Sum256([]byte(by + "#" + subject))
	_, err = o.Executions.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(machineOf(by)), Name: aws.String("orphans-" + hex.EncodeToString(sum[:16])),
		Input: aws.String(string(input)),
	})
	var exists *types.ExecutionAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("start an execution for %s: %w", subject, err)
	}
	return nil
}
