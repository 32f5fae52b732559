package cli_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// planted is an account in virtual time. The department sales is deployed, and its job daily-parts has run.
type planted struct {
	*harness.Account
	t     *testing.T
	stack stack
	runs  *executions
}

// inPlanted runs a test with a planted account.
func inPlanted(t *testing.T, test func(t *testing.T, a planted)) {
	t.Helper()
	dir := t.TempDir()
	if err := oracledb.Generate(t.Context(), dir, 0.001, func(string, int64) {}); err != nil {
		t.Fatal(err)
	}
	db, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		a := planted{Account: harness.Open(t, db, harness.Options{}), t: t}
		a.runs = watch(a.States)
		a.stack = a.deploy("sales")
		a.Run(a.stack.Outputs["StateMachineArn"], `{"job": "daily-parts"}`)
		test(t, a)
	})
}

func (a planted) deploy(name string) stack {
	a.t.Helper()
	d, err := department.Load(filepath.Join(harness.Root(), "departments", name+".yaml"))
	if err != nil {
		a.t.Fatal(err)
	}
	a.Deploy(d)
	s, err := readStack(a.t.Context(), a.Admin(), harness.StackName(name))
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}

func (a planted) scene() scene {
	a.t.Helper()
	seen, err := a.stack.scene(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	return seen
}

// destroy deletes the stack. It returns the scene before, and why the deletion failed.
func (a planted) destroy() (before scene, err error) {
	before = a.scene()
	a.Destroy(a.stack.Name)
	return before, a.AwaitGone(a.stack.Name)
}

func (a planted) check(before scene) findings {
	a.t.Helper()
	return check(before, a.scene(), a.runs.of(a.stack.Outputs["StateMachineArn"]))
}

// createTask creates a replication task between the endpoints of a stack, without tags, as a person does by hand.
func (a planted) createTask(s stack, id string) {
	a.t.Helper()
	in := &awsdms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: &id, MigrationType: dmstypes.MigrationTypeValueFullLoad,
		TableMappings: aws.String(`{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1",
			"rule-action": "include", "object-locator": {"schema-name": "SALES", "table-name": "REGION"}}]}`),
	}
	endpoints, err := a.Tasks.DescribeEndpoints(a.t.Context(), &awsdms.DescribeEndpointsInput{})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, e := range endpoints.Endpoints {
		switch {
		case !slices.Contains(s.DMS, aws.ToString(e.EndpointArn)):
		case e.EndpointType == dmstypes.ReplicationEndpointTypeValueSource:
			in.SourceEndpointArn = e.EndpointArn
		default:
			in.TargetEndpointArn = e.EndpointArn
		}
	}
	in.ReplicationInstanceArn = aws.String(s.Outputs["ReplicationInstanceArn"])
	if _, err := a.Tasks.CreateReplicationTask(a.t.Context(), in); err != nil {
		a.t.Fatal(err)
	}
}

func TestWhatIsLostIsFound(t *testing.T) {
	inPlanted(t, func(t *testing.T, a planted) {
		before, err := a.destroy()
		if err != nil {
			t.Fatal(err)
		}
		if problem := a.check(before).problem(); problem != "" {
			t.Fatalf("nothing was removed, but the check found: %s", problem)
		}

		var run, table record
		for _, r := range before.Records {
			if r.PK == "JOB#daily-parts" && r.Outcome != "" {
				run = r
			}
			if r.PK == "TABLE#SALES.NATION" {
				table = r
			}
		}
		for _, r := range []record{run, table} {
			_, err := a.Account.Records.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
				TableName: aws.String(a.stack.Outputs["StatsTable"]),
				Key: map[string]types.AttributeValue{
					"pk": &types.AttributeValueMemberS{Value: r.PK}, "sk": &types.AttributeValueMemberS{Value: r.SK},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		key := ""
		for name := range before.Objects {
			if strings.HasPrefix(name, "full/") && strings.HasSuffix(name, "/REGION/LOAD00000001.parquet") {
				key = name
			}
		}
		if _, err := a.Objects.DeleteObject(t.Context(), &s3.DeleteObjectInput{
			Bucket: aws.String(a.stack.Outputs["LakeBucket"]), Key: aws.String(key),
		}); err != nil {
			t.Fatal(err)
		}
		want := findings{
			DataLost:     []string{key},
			RecordsLost:  []string{run.PK + " " + run.SK, table.PK + " " + table.SK},
			RunsMisnoted: []string{run.Execution + " of job daily-parts has 0 records, want 1"},
		}
		got := a.check(before)
		slices.Sort(got.RecordsLost)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("findings (-want +got):\n%s", diff)
		}
	})
}

// The clean-up does not delete a task that a person created by hand on the stack's instance. The task blocks the deletion
// of the instance and the stack. The check finds all three.
func TestWhatIsLeftIsFound(t *testing.T) {
	inPlanted(t, func(t *testing.T, a planted) {
		a.createTask(a.stack, "oralake-sales-by-hand")
		before, err := a.destroy()
		if err == nil {
			t.Fatal("the stack was deleted, though its instance has a task of a person")
		}
		got := a.check(before)
		if diff := cmp.Diff([]string{"the stack is DELETE_FAILED"}, got.StackLeft); diff != "" {
			t.Errorf("stack (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"oralake-sales-by-hand is ready"}, got.TasksLeft); diff != "" {
			t.Errorf("tasks (-want +got):\n%s", diff)
		}
		if !slices.Contains(got.ResourcesLeft, a.stack.Outputs["ReplicationInstanceArn"]) {
			t.Errorf("resources %v, want the instance among them", got.ResourcesLeft)
		}
	})
}

// The check does not report the task of another stack, and that task still exists.
func TestTaskOfAnotherStackIsNotReported(t *testing.T) {
	inPlanted(t, func(t *testing.T, a planted) {
		other := a.deploy("finance")
		a.createTask(other, "oralake-sales-of-finance")
		before, err := a.destroy()
		if err != nil {
			t.Fatal(err)
		}
		if problem := a.check(before).problem(); problem != "" {
			t.Error(problem)
		}
		if n := a.DMS.Tasks(); n != 1 {
			t.Errorf("%d tasks in the account, want the other stack's", n)
		}
	})
}

func TestRunsAreCounted(t *testing.T) {
	records := []record{
		{PK: "JOB#a", SK: "RUN#1", Execution: "once", Outcome: "FAILED"},
		{PK: "JOB#a", SK: "RUN#2", Execution: "twice", Outcome: "FAILED"},
		{PK: "JOB#a", SK: "RUN#3", Execution: "twice", Outcome: "SUCCEEDED"},
		{PK: "TABLE#S.T", SK: "RUN#1", Execution: "once", Good: false},
	}
	before := scene{
		Records: []record{
			{PK: "JOB#a", SK: "RUN#1", Execution: "once", Outcome: "SUCCEEDED"},
			{PK: "TABLE#S.T", SK: "RUN#1", Execution: "once", Good: true},
		},
		Objects: map[string]int64{"whole": 10, "cut": 10},
	}
	after := scene{Status: "DELETE_FAILED", Records: records, Objects: map[string]int64{"whole": 10, "cut": 9}}
	got := check(before, after, []execution{
		{ARN: "once", Job: "a"},
		{ARN: "twice", Job: "a"},
		{ARN: "never", Job: "a", Running: true},
		{ARN: "skipped", Job: "a", Skipped: true},
		{ARN: "recovery"},
	})
	want := findings{
		StackLeft:      []string{"the stack is DELETE_FAILED"},
		ExecutionsLeft: []string{"never"},
		DataLost:       []string{"cut had 10 bytes and has 9"},
		RecordsLost: []string{
			"JOB#a RUN#1 is no longer a success", "TABLE#S.T RUN#1 is no longer a success",
		},
		RunsMisnoted: []string{"twice of job a has 2 records, want 1", "never of job a has 0 records, want 1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
