package deploy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Preflight is the custom resource that every deploy begins with.
type Preflight struct {
	contract.Environment
	Log *slog.Logger
	DMS interface {
		dms.TaskCleaner
		dms.InstanceWatcher
	}
	Records records.StateStore
	Stacks  Stacks
}

// NewPreflight makes the function of the resource from the environment variables that the stack sets.
func NewPreflight(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Handler, error) {
	reader := contract.NewReader(getenv)
	env := reader.Common()
	p := Preflight{
		Environment: env, Log: log.With("department", env.Department), DMS: awsdms.NewFromConfig(cfg),
		Records: dynamodb.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
	}
	return customResource{Work: withoutAttributes(p.work), Log: log, Functions: lambda.NewFromConfig(cfg)}.Handle, reader.Err()
}

// quiesceTimeout is how long a deploy waits for runs to end and for tasks to stop. CloudFormation waits an hour for the answer.
const quiesceTimeout = 45 * time.Minute

// work does what a request to the resource asks for. Only an update has something to compare.
func (p Preflight) work(ctx context.Context, r Request) (physicalID string, err error) {
	switch r.RequestType {
	case cfn.RequestDelete:
		return r.PhysicalResourceID, nil
	case cfn.RequestCreate:
		return p.Stack + "-preflight", nil
	}
	rollingBack, err := RollsBack(ctx, p.Stacks, r)
	if err != nil {
		return r.PhysicalResourceID, err
	}
	after, err := ReadProperties[contract.PreflightProperties](r.ResourceProperties)
	before, oldErr := ReadProperties[contract.PreflightProperties](r.OldResourceProperties)
	err = errors.Join(err, oldErr)
	switch {
	case rollingBack && err != nil:
		// Another version of the stack has written the properties, and preflight never refuses a rollback.
		p.Log.Error("the rollback goes on without stopping tasks", "error", err)
		return r.PhysicalResourceID, nil
	case err != nil:
		return r.PhysicalResourceID, err
	case rollingBack:
		return r.PhysicalResourceID, p.rollBack(ctx, r, before, after)
	default:
		return r.PhysicalResourceID, p.checkDeploy(ctx, r, before, after)
	}
}

// checkDeploy refuses a deploy with an error, or stops and deletes the tasks that have to stop or go before it.
func (p Preflight) checkDeploy(ctx context.Context, r Request, before, after contract.PreflightProperties) error {
	tasks, err := dms.OwnedTasks(ctx, p.DMS, "", p.Stack, dms.Tags{})
	if err != nil {
		return err
	}
	live, err := p.liveTasks(ctx, tasks)
	if err != nil {
		return err
	}
	d := Compare(sameSecrets(before, r.StackID), sameSecrets(after, r.StackID), live)
	if len(d.Refused) > 0 {
		return errors.New(strings.Join(d.Refused, "; "))
	}
	jobs := slices.Concat(d.Stop, d.Replace)
	if len(jobs) > 0 || before.Instance != after.Instance {
		if err := p.refuseChangingInstance(ctx, tasks); err != nil {
			return err
		}
	}
	for _, change := range d.Changes {
		p.Log.Info(change)
	}
	quiescer := p.quiescer()
	err = p.quiesce(ctx, r, quiescer, jobs, d)
	if err != nil && ctx.Err() == nil {
		// CloudFormation rolls the deploy back. The jobs' next runs start the stopped tasks again.
		return errors.Join(err, quiescer.Release(ctx, jobs))
	}
	return err
}

// refuseChangingInstance refuses a deploy that stops tasks or changes the replication instance, while DMS works on the instance of the
// stack's tasks: DMS would refuse the changes after the tasks were stopped. A stack without tasks has nothing to stop.
func (p Preflight) refuseChangingInstance(ctx context.Context, tasks []dms.OwnedTask) error {
	if len(tasks) == 0 {
		return nil
	}
	instance, err := dms.DescribeInstance(ctx, p.DMS, tasks[0].InstanceARN)
	if err != nil || !instance.IsChanging() {
		return err
	}
	return fmt.Errorf("the replication instance %s is %q: DMS works on it, and changes neither it nor what uses it meanwhile; "+
		"nothing was changed; wait until it is available, and deploy again", instance.Name, instance.Status)
}

// quiesce holds the leases of the jobs, and stops or deletes their tasks as the decision says.
func (p Preflight) quiesce(
	ctx context.Context, r Request, quiescer Quiescer, jobs []string, d Decision,
) error {
	ctx, cancel := context.WithDeadline(ctx, r.Since.Add(quiesceTimeout))
	defer cancel()
	if err := quiescer.Hold(ctx, jobs, r.Since); err != nil {
		return err
	}
	if err := quiescer.DeleteTasks(ctx, d.Replace); err != nil {
		return err
	}
	return quiescer.Stop(ctx, d.Stop)
}

// rollBack stops the tasks before a rollback restores the definitions of their endpoints. It stops none if this update has not
// changed an endpoint. It never refuses a rollback. CloudFormation does not document whether it rolls this resource back before
// the endpoints or after them. Both orders work: JobResource stops the tasks, too.
func (p Preflight) rollBack(ctx context.Context, r Request, before, after contract.PreflightProperties) error {
	jobs := map[string]bool{}
	for _, state := range []contract.PreflightProperties{before, after} {
		for name, job := range state.Jobs {
			if job.Type.Continuous() {
				jobs[name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(jobs))
	complete, err := Updated(ctx, p.Stacks, r)
	switch {
	case err != nil:
		p.Log.Error("the rollback goes on without stopping tasks", "error", err)
		return ctx.Err()
	case !complete:
		// Preflight has refused the update, or it failed: no endpoint has changed.
		return p.quiescer().Release(ctx, names)
	}
	replace := replacedByRollback(sameSecrets(before, r.StackID), sameSecrets(after, r.StackID))
	if before.Endpoints == after.Endpoints {
		names = replace
	}
	if len(names) == 0 {
		return nil
	}
	return p.quiescer().BeforeRollback(ctx, names, replace, r.Since)
}

// liveTasks describes the tasks that the stack has in DMS now, by job.
func (p Preflight) liveTasks(ctx context.Context, tasks []dms.OwnedTask) (map[string]LiveTasks, error) {
	live := map[string]LiveTasks{}
	for _, task := range tasks {
		job := live[task.Job]
		if task.Type.Continuous() {
			job.Follows = job.Follows || !task.StartedAt.IsZero()
			if !task.StartedAt.IsZero() {
				var err error
				if job.Redo, err = p.standstill(ctx, task.Job, task.IsRunning()); err != nil {
					return nil, err
				}
			}
			job.FirstLoad = job.FirstLoad || task.Type == department.FullLoadAndCDC && task.IsRunning() && task.Percent < 100
		} else {
			job.Loads = job.Loads || isLoading(task.Description)
		}
		live[task.Job] = job
	}
	return live, nil
}

// isLoading says that a full load is running or about to start.
func isLoading(task dms.Description) bool {
	return !task.HasEnded() && task.Status != dms.StatusDeleting
}

func (p Preflight) quiescer() Quiescer {
	return Quiescer{Stack: p.Stack, Table: p.Table, DMS: p.DMS, Records: p.Records, Log: p.Log}
}

// sameSecrets replaces the secret, a name or an ARN, by an ARN without its suffix, so that the name and the ARN of one secret
// compare equal. The suffix is a hyphen and six characters that Secrets Manager adds. The ARN of the stack has the account and
// the region of a name.
func sameSecrets(s contract.PreflightProperties, stackARN string) contract.PreflightProperties {
	const suffix = len("-AbCdEf")
	own := strings.SplitN(stackARN, ":", 6)
	switch {
	case strings.HasPrefix(s.Secret, "arn:") && len(s.Secret) > suffix:
		s.Secret = s.Secret[:len(s.Secret)-suffix]
	case len(own) == 6:
		s.Secret = fmt.Sprintf("%s:%s:secretsmanager:%s:%s:secret:%s", own[0], own[1], own[3], own[4], s.Secret)
	}
	return s
}
