// Package guard is the custom resource that every deploy of a department begins with. Its update compares what is
// deployed with what is to be deployed, and fails, which has CloudFormation take the deploy back before anything was
// touched, when something would be lost that the department's file does not allow to lose. Otherwise it brings those
// tasks to rest whose endpoints are about to change.
package guard

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

	"github.com/oralake/oralake/internal/customresource"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/redeploy"
	"github.com/oralake/oralake/internal/replication"
	"github.com/oralake/oralake/internal/standstill"
	"github.com/oralake/oralake/internal/workflow"
)

// Guard is the custom resource.
type Guard struct {
	workflow.Environment
	Log    *slog.Logger
	DMS    replication.DescribingRemover
	Leases history.LeaseStore
	Stacks customresource.Stacks
}

// New makes the function behind the resource of an SDK configuration and the function's environment.
func New(cfg aws.Config, getenv func(string) string, log *slog.Logger) (customresource.Function, error) {
	env, err := workflow.ReadEnvironment(getenv)
	g := Guard{
		Environment: env, Log: log.With("department", env.Department), DMS: awsdms.NewFromConfig(cfg),
		Leases: dynamodb.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
	}
	return customresource.Function{Work: g.work, Log: log, Functions: lambda.NewFromConfig(cfg)}, err
}

// patience is how long tasks may take to come to rest. CloudFormation waits an hour for the answer.
const patience = 45 * time.Minute

func (g Guard) work(ctx context.Context, r customresource.Request) (physicalID string, err error) {
	switch r.RequestType {
	case cfn.RequestDelete:
		return r.PhysicalResourceID, nil
	case cfn.RequestCreate:
		return g.Stack + "-change", nil
	}
	back, err := customresource.RollsBack(ctx, g.Stacks, r)
	if err != nil {
		return r.PhysicalResourceID, err
	}
	after, err := customresource.Read[redeploy.State](r.ResourceProperties)
	before, oldErr := customresource.Read[redeploy.State](r.OldResourceProperties)
	err = errors.Join(err, oldErr)
	switch {
	case back && err != nil:
		// Another version wrote what cannot be read, and a rollback is never refused.
		g.Log.Error("the rollback goes on", "error", err)
		return r.PhysicalResourceID, nil
	case err != nil:
		return r.PhysicalResourceID, err
	case back:
		return r.PhysicalResourceID, g.turnBack(ctx, r, before, after)
	default:
		return r.PhysicalResourceID, g.change(ctx, r, before, after)
	}
}

// change lets a deploy go on, or not.
func (g Guard) change(ctx context.Context, r customresource.Request, before, after redeploy.State) error {
	live, err := g.live(ctx)
	if err != nil {
		return err
	}
	d := redeploy.Compare(sameSecrets(before, r.StackID), sameSecrets(after, r.StackID), live)
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
		return errors.Join(err, keeper.Unhold(ctx, atRest))
	}
	return err
}

// rest brings tasks to rest, or takes them down.
func (g Guard) rest(
	ctx context.Context, r customresource.Request, keeper standstill.Keeper, atRest []string, d redeploy.Decision,
) error {
	patient, cancel := context.WithDeadline(ctx, r.Since.Add(patience))
	defer cancel()
	if err := keeper.Hold(patient, atRest, r.Since); err != nil {
		return err
	}
	if err := keeper.TakeDown(patient, d.Replace); err != nil {
		return err
	}
	return keeper.Stop(patient, d.Stop)
}

// turnBack lets the endpoints have their old definitions again, if this update got as far as changing them. A rollback
// is never refused. Nobody documents whether CloudFormation comes here before the endpoints or after them: both are fine.
func (g Guard) turnBack(ctx context.Context, r customresource.Request, before, after redeploy.State) error {
	jobs := map[string]bool{}
	for _, state := range []redeploy.State{before, after} {
		for name, job := range state.Jobs {
			if job.Type.Continuous() {
				jobs[name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(jobs))
	complete, err := customresource.Updated(ctx, g.Stacks, r)
	switch {
	case err != nil:
		g.Log.Error("the rollback goes on", "error", err)
		return ctx.Err()
	case !complete:
		// The update was refused, or ended before anything was changed.
		return g.keeper().Unhold(ctx, names)
	case before.Endpoints == after.Endpoints:
		return nil
	}
	return g.keeper().ForRollback(ctx, names, r.Since)
}

// live looks at the tasks of the stack.
func (g Guard) live(ctx context.Context) (map[string]redeploy.Live, error) {
	tasks, err := replication.Owned(ctx, g.DMS, "", g.Stack, replication.Tags{})
	if err != nil {
		return nil, err
	}
	live := map[string]redeploy.Live{}
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
func loads(task replication.Description) bool {
	switch task.Status {
	case "stopped", "failed", "failed-move", "deleting":
		return false
	}
	return true
}

func (g Guard) keeper() standstill.Keeper {
	return standstill.Keeper{Stack: g.Stack, Table: g.Table, DMS: g.DMS, Leases: g.Leases, Log: g.Log}
}

// sameSecrets writes the secret so that it compares equal whether the file has its name or its ARN: the latter ends in a
// hyphen and six characters that Secrets Manager added. The stack's own ARN tells which account a name is in.
func sameSecrets(s redeploy.State, stackARN string) redeploy.State {
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
