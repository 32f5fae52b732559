package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/harness"
)

// originalTasks is how many tables the original's shape loads at once: DMS takes 200 tasks of an instance, and a task is still one of
// them for originalDeletion after its execution has ended.
const (
	originalTasks    = 200
	originalDeletion = 4 * time.Minute
)

// liveOriginal lives through a night of the original's shape: whoever starts it starts an execution for each table, as many at once as
// DMS takes tasks.
func liveOriginal(t *testing.T, bytes []float64) (f figures) {
	synctest.Test(t, func(t *testing.T) {
		l, m := &loads{bytes: bytes}, &meter{}
		l.night.Store(2)
		o := l.options(m)
		original := &original{m: m}
		o.Functions = original.functions()
		a := harness.Open(t, source, o)
		a.Gateway.Observe(m.call)
		a.DeployTemplate(newDepartment(t, 1), template(t)) // It has the instance and its endpoints.
		original.find(t, a)
		machine := deployOriginal(t, a)
		began := time.Now()
		m.begin(len(bytes), "DescribeTask")
		var executions sync.WaitGroup
		places := make(chan struct{}, originalTasks)
		for i := range bytes {
			places <- struct{}{}
			executions.Go(func() {
				e := a.Run(machine, fmt.Sprintf(`{"table": %q}`, tableName(i)))
				if e.Status != sfntypes.ExecutionStatusSucceeded {
					t.Errorf("the execution of table %d is %s: %s", i, e.Status, aws.ToString(e.Cause))
				}
				m.execution(history(t, a, aws.ToString(e.ExecutionArn)))
				time.AfterFunc(originalDeletion, func() { <-places })
			})
		}
		executions.Wait()
		f = m.end(began, l.all(), bandwidth(2))
		f.DollarsPerRun, f.Month.DailyPerRun, f.Month.HourlyPerRun = f.Dollars, f.Month.DailyAlwaysOn, f.Month.HourlyAlwaysOn // Its instance is always on.
		time.Sleep(time.Hour)
	})
	return f
}

// original has the functions of the original's shape.
type original struct {
	m                        *meter
	instance, source, target string // ARNs
}

// table is the input and output of its states.
type table struct {
	Table  string `json:"table"`
	Task   string `json:"task,omitempty"` // ARN
	Status string `json:"status,omitempty"`
}

// functions are the functions by the beginning of their logical IDs.
func (o *original) functions() map[string]func(aws.Config) lambda.InvokeFunc {
	all := map[string]func(aws.Config) lambda.InvokeFunc{}
	for name, do := range map[string]func(context.Context, *databasemigrationservice.Client, *table) error{
		"GetSplits":  func(context.Context, *databasemigrationservice.Client, *table) error { return nil }, // No table of the bench is split.
		"CreateTask": o.create, "StartTask": o.start, "DescribeTask": o.describe, "DeleteTask": o.remove,
	} {
		all["Functions"+name+"Function"] = func(cfg aws.Config) lambda.InvokeFunc {
			api := databasemigrationservice.NewFromConfig(cfg)
			return func(ctx context.Context, payload []byte) (answer []byte, err error) {
				o.m.function(name, func() {
					var in table
					if err = json.Unmarshal(payload, &in); err == nil {
						err = do(ctx, api, &in)
					}
					if err == nil {
						answer, err = json.Marshal(in)
					}
				})
				return answer, err
			}
		}
	}
	return all
}

func (o *original) create(ctx context.Context, api *databasemigrationservice.Client, t *table) error {
	out, err := api.CreateReplicationTask(ctx, &databasemigrationservice.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: aws.String("original-" + t.Table), MigrationType: types.MigrationTypeValueFullLoad,
		ReplicationInstanceArn: &o.instance, SourceEndpointArn: &o.source, TargetEndpointArn: &o.target,
		TableMappings: aws.String(fmt.Sprintf(`{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include",
			"object-locator": {"schema-name": %q, "table-name": %q}}]}`, schema, t.Table)),
	})
	if err == nil {
		t.Task = aws.ToString(out.ReplicationTask.ReplicationTaskArn)
	}
	return err
}

func (o *original) start(ctx context.Context, api *databasemigrationservice.Client, t *table) error {
	_, err := api.StartReplicationTask(ctx, &databasemigrationservice.StartReplicationTaskInput{
		ReplicationTaskArn: &t.Task, StartReplicationTaskType: types.StartReplicationTaskTypeValueStartReplication,
	})
	return err
}

func (o *original) describe(ctx context.Context, api *databasemigrationservice.Client, t *table) error {
	out, err := api.DescribeReplicationTasks(ctx, &databasemigrationservice.DescribeReplicationTasksInput{
		Filters: []types.Filter{{Name: aws.String("replication-task-arn"), Values: []string{t.Task}}},
	})
	if err == nil {
		t.Status = aws.ToString(out.ReplicationTasks[0].Status)
	}
	return err
}

func (o *original) remove(ctx context.Context, api *databasemigrationservice.Client, t *table) error {
	o.m.notice(t.Task)
	_, err := api.DeleteReplicationTask(ctx, &databasemigrationservice.DeleteReplicationTaskInput{ReplicationTaskArn: &t.Task})
	return err
}

// find finds the instance and the endpoints of the department, and tests their connections.
func (o *original) find(t *testing.T, a *harness.Account) {
	instances, err := a.Tasks.DescribeReplicationInstances(t.Context(), &databasemigrationservice.DescribeReplicationInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	o.instance = aws.ToString(instances.ReplicationInstances[0].ReplicationInstanceArn)
	endpoints, err := a.Tasks.DescribeEndpoints(t.Context(), &databasemigrationservice.DescribeEndpointsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints.Endpoints {
		switch {
		case e.EndpointType == types.ReplicationEndpointTypeValueSource:
			o.source = aws.ToString(e.EndpointArn)
		case o.target == "" || strings.HasSuffix(aws.ToString(e.EndpointIdentifier), "full"):
			o.target = aws.ToString(e.EndpointArn)
		}
	}
	for _, endpoint := range []string{o.source, o.target} {
		if _, err := a.Tasks.TestConnection(t.Context(), &databasemigrationservice.TestConnectionInput{
			ReplicationInstanceArn: &o.instance, EndpointArn: &endpoint,
		}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(5 * time.Minute)
}

// deployOriginal deploys the stack of the original's shape, and returns the ARN of its state machine.
func deployOriginal(t *testing.T, a *harness.Account) string {
	stack := aws.String("original")
	if _, err := a.Stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: stack, TemplateBody: aws.String(originalTemplate(t)), Capabilities: []cftypes.Capability{cftypes.CapabilityCapabilityIam},
	}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Minute)
	out, err := a.Stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: stack})
	if err != nil {
		t.Fatal(err)
	}
	if s := out.Stacks[0]; s.StackStatus != cftypes.StackStatusCreateComplete {
		t.Fatalf("the stack of the original's shape is %s: %s", s.StackStatus, aws.ToString(s.StackStatusReason))
	}
	return aws.ToString(out.Stacks[0].Outputs[0].OutputValue)
}
