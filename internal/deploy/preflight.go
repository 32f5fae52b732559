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
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Preflight is the custom resource.
type Preflight struct {
	contract.Environment
	Log    *slog.Logger
	DMS    dms.TaskCleaner
	Leases records.LeaseStore
	Stacks Stacks
}

// NewPreflight makes the function behind the resource of an SDK configuration and the function's environment.
func NewPreflight(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Handler, error) {
	reader := contract.NewReader(getenv)
	env := reader.Common()
	g := Preflight{
		Environment: env, Log: log.With("department", env.Department), DMS: awsdms.NewFromConfig(cfg),
		Leases: dynamodb.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
	}
	return customResource{Work: g.work, Log: log, Functions: lambda.NewFromConfig(cfg)}.Handle, reader.Err()
}

// quiesceTimeout is how long tasks may take to come to rest. CloudFormation waits an hour for the answer.
const quiesceTimeout = 45 * time.Minute

func (g Preflight) work(ctx context.Context, r Request) (physicalID string, err error) {
	switch r.RequestType {
	case cfn.RequestDelete:
		return r.PhysicalResourceID, nil
	case cfn.RequestCreate:
		return g.Stack + "-preflight", nil
	}
	back, err := RollsBack(ctx, g.Stacks, r)
	if err != nil {
		return r.PhysicalResourceID, err
	}
	after, err := ReadProperties[contract.PreflightProperties](r.ResourceProperties)
	before, oldErr := ReadProperties[contract.PreflightProperties](r.OldResourceProperties)
	err = errors.Join(err, oldErr)
	switch {
	case back && err != nil:
		// Another version wrote what cannot be read, and a rollback is never refused.
		g.Log.Error("the rollback goes on", "error", err)
		return r.PhysicalResourceID, nil
	case err != nil:
		return r.PhysicalResourceID, err
	case back:
		return r.PhysicalResourceID, g.rollBack(ctx, r, before, after)
	default:
		return r.PhysicalResourceID, g.checkDeploy(ctx, r, before, after)
	}
}

// checkDeploy lets a deploy go on, or not.
func (g Preflight) checkDeploy(ctx context.Context, r Request, before, after contract.PreflightProperties) error {
	live, err := g.liveTasks(ctx)
	if err != nil {
		return err
	}
	d := Compare(sameSecrets(before, r.StackID), sameSecrets(after, r.StackID), live)
	if len(d.Refused) > 0 {
		return errors.New(strings.Join(d.Refused, "; "))
	}
	for _, change := range d.Changes {
		g.Log.Info(change)
	}
	keeper := g.keeper()
	atRest := slices.Concat(d.Stop, d.Replace)
	err = g.rest(ctx, r, keeper, atRest, d)
	if err != nil && ctx.Err() == nil {
		// The deploy is taken back: the jobs' next runs start what was stopped.
		return errors.Join(err, keeper.Release(ctx, atRest))
	}
	return err
}

// rest brings tasks to rest, or takes them down.
func (g Preflight) rest(
	ctx context.Context, r Request, keeper Quiescer, atRest []string, d Decision,
) error {
	patient, cancel := context.WithDeadline(ctx, r.Since.Add(quiesceTimeout))
	defer cancel()
	if err := keeper.Hold(patient, atRest, r.Since); err != nil {
		return err
	}
	if err := keeper.TakeDown(patient, d.Replace); err != nil {
		return err
	}
	return keeper.Stop(patient, d.Stop)
}

// rollBack lets the endpoints have their old definitions again, if this update got as far as changing them. A rollback
// is never refused. Nobody documents whether CloudFormation comes here before the endpoints or after them: both are fine.
func (g Preflight) rollBack(ctx context.Context, r Request, before, after contract.PreflightProperties) error {
	jobs := map[string]bool{}
	for _, state := range []contract.PreflightProperties{before, after} {
		for name, job := range state.Jobs {
			if job.Type.Continuous() {
				jobs[name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(jobs))
	complete, err := Updated(ctx, g.Stacks, r)
	switch {
	case err != nil:
		g.Log.Error("the rollback goes on", "error", err)
		return ctx.Err()
	case !complete:
		// The update was refused, or ended before anything was changed.
		return g.keeper().Release(ctx, names)
	case before.Endpoints == after.Endpoints:
		return nil
	}
	return g.keeper().BeforeRollback(ctx, names, r.Since)
}

// liveTasks looks at the tasks of the stack.
func (g Preflight) liveTasks(ctx context.Context) (map[string]LiveTasks, error) {
	tasks, err := dms.OwnedTasks(ctx, g.DMS, "", g.Stack, dms.Tags{})
	if err != nil {
		return nil, err
	}
	live := map[string]LiveTasks{}
	for _, task := range tasks {
		job := live[task.Job]
		if task.Type.Continuous() {
			job.Follows = job.Follows || !task.StartedAt.IsZero()
		} else {
			job.Loads = job.Loads || loads(task.Description)
		}
		live[task.Job] = job
	}
	return live, nil
}

// loads says that a full load is under way, or about to be.
func loads(task dms.Description) bool {
	switch task.Status {
	case "stopped", "failed", "failed-move", "deleting":
		return false
	}
	return true
}

func (g Preflight) keeper() Quiescer {
	return Quiescer{Stack: g.Stack, Table: g.Table, DMS: g.DMS, Leases: g.Leases, Log: g.Log}
}

// sameSecrets writes the secret so that it compares equal whether the file has its name or its ARN: the latter ends in a
// hyphen and six characters that Secrets Manager added. The stack's own ARN tells which account a name is in.
func sameSecrets(s contract.PreflightProperties, stackARN string) contract.PreflightProperties {
	const added = len("-AbCdEf")
	own := strings.SplitN(stackARN, ":", 6)
	switch {
	case strings.HasPrefix(s.Secret, "arn:") && len(s.Secret) > added:
		s.Secret = s.Secret[:len(s.Secret)-added]
	case len(own) == 6:
		s.Secret = fmt.Sprintf("%s:%s:secretsmanager:%s:%s:secret:%s", own[0], own[1], own[3], own[4], s.Secret)
	}
	return s
}
