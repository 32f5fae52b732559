package bench_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// loads makes DMS load tables as slowly as their sizes say.
type loads struct {
	dms.NoFaults
	bytes []float64
	night atomic.Int64
}

func (l *loads) Table(dms.Task, string, string) dms.TableFault {
	return dms.TableFault{Takes: tableSeconds * time.Second}
}

// of is the size of a table in the present night.
func (l *loads) of(_, table string) int64 {
	i := tableNumber(table)
	return int64(l.bytes[i] * growth(int(l.night.Load()), i))
}

// all are the sizes of all tables in the present night.
func (l *loads) all() []float64 {
	all := make([]float64, len(l.bytes))
	for i := range all {
		all[i] = float64(l.of("", tableName(i)))
	}
	return all
}

// recordSizes writes the sizes of the tables into their records of an execution: the files of the bench have one row each.
func (l *loads) recordSizes(t *testing.T, a *harness.Account, records, execution string) {
	for i, bytes := range l.all() {
		out, err := a.Records.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &records, KeyConditionExpression: aws.String("pk = :table"), FilterExpression: aws.String("execution = :execution"),
			ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{
				":table":     &dynamotypes.AttributeValueMemberS{Value: "TABLE#" + schema + "." + tableName(i)},
				":execution": &dynamotypes.AttributeValueMemberS{Value: execution},
			},
		})
		if err != nil || len(out.Items) != 1 {
			t.Fatalf("the record of table %d: %d items, %v", i, len(out.Items), err)
		}
		out.Items[0]["bytes"] = &dynamotypes.AttributeValueMemberN{Value: strconv.FormatInt(int64(bytes), 10)}
		if _, err := a.Records.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &records, Item: out.Items[0]}); err != nil {
			t.Fatal(err)
		}
	}
}

// options are those of an account whose DMS loads so slowly, and whose night a meter measures.
func (l *loads) options(m *meter) harness.Options {
	return harness.Options{
		Disturb: disturb, FunctionFaults: m.invocation, Jitter: new(0.5),
		DMS: dms.Options{
			Faults: l, Observe: m.event,
			Bandwidth: &dms.Bandwidth{
				Instance: func() float64 { return bandwidth(int(l.night.Load())) }, Subtask: subtaskBytes, Bytes: l.of,
			},
		},
	}
}

// liveOralake lives through nights of a department with one job, and returns their figures.
func liveOralake(t *testing.T, bytes []float64, nights int) (all []figures) {
	synctest.Test(t, func(t *testing.T) {
		l, m := &loads{bytes: bytes}, &meter{}
		o := l.options(m)
		o.Steps = measuredSteps(m)
		a := harness.Open(t, source, o)
		a.Gateway.Observe(m.call)
		outputs := a.DeployTemplate(newDepartment(t, len(bytes)), template(t))
		for night := range nights {
			l.night.Store(int64(night))
			began := time.Now()
			m.begin(len(bytes), "")
			e := a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`)
			if e.Status != types.ExecutionStatusSucceeded {
				t.Fatalf("night %d is %s: %s: %s", night+1, e.Status, aws.ToString(e.Error), aws.ToString(e.Cause))
			}
			m.execution(history(t, a, aws.ToString(e.ExecutionArn)))
			all = append(all, m.end(began, l.all(), bandwidth(night)))
			l.recordSizes(t, a, outputs["StatsTable"], aws.ToString(e.ExecutionArn))
			time.Sleep(time.Until(began.Add(24 * time.Hour)))
		}
	})
	return all
}

// measuredSteps are the real functions, each measured.
func measuredSteps(m *meter) harness.Steps {
	steps := harness.Steps{}
	for name, step := range harness.RealSteps() {
		steps[name] = simulation.Around(func(s run.Step) run.Step {
			return func(ctx context.Context, doc run.Document) (out run.Document, err error) {
				if name == "Record" {
					m.notice("")
				}
				m.function(name, func() { out, err = s(ctx, doc) })
				return out, err
			}
		})(step)
	}
	return steps
}

// newDepartment returns a department whose only job loads n tables, with what a file has that says nothing else.
func newDepartment(t *testing.T, n int) *department.Department {
	d, err := department.Load(harness.Root() + "/departments/finance.yaml")
	if err != nil {
		t.Fatal(err)
	}
	job := department.Job{
		Name: "nightly", Type: department.FullLoad, TablesPerTask: 50, ParallelLoads: 8, LOBMaxKB: 32, TimeLimitHours: 24,
	}
	for i := range n {
		job.Tables = append(job.Tables, department.Table{Schema: schema, Name: tableName(i)})
	}
	d.Jobs = []department.Job{job}
	return d
}

// template is the template of the department without schedules: the bench starts the runs, and the search for orphans, which is
// measured nowhere, would be in the figures.
func template(t *testing.T) []byte {
	reduced, err := simulation.Reduced("finance", func(_ string, r map[string]any) bool {
		properties, _ := r["Properties"].(map[string]any)
		return r["Type"] == contract.JobType && properties["Job"] != nil || r["Type"] == "AWS::Scheduler::Schedule"
	})
	if err != nil {
		t.Fatal(err)
	}
	return reduced.Bytes()
}

// history counts the transitions and the events of an execution. A transition is a state that was entered.
func history(t *testing.T, a *harness.Account, arn string) (transitions, events int) {
	pages := sfn.NewGetExecutionHistoryPaginator(a.Machine, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, MaxResults: 1000, IncludeExecutionData: aws.Bool(false),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			events++
			if e.StateEnteredEventDetails != nil {
				transitions++
			}
		}
	}
	return transitions, events
}
