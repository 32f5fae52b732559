package scenarios_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

// deployTests counts the connection tests that deploys begin, and not those of runs.
type deployTests struct {
	mu    sync.Mutex
	begun int
}

func (d *deployTests) see(c gateway.Call) gateway.Disturbance {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.Operation == "TestConnection" && strings.Contains(c.Principal.Role, "Cleanup") {
		d.begun++
	}
	return gateway.Disturbance{}
}

// want checks how many tests deploys have begun.
func (d *deployTests) want(t *testing.T, n int) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.begun != n {
		t.Errorf("deploys have begun %d connection tests, want %d", d.begun, n)
	}
}

// found returns what the last deploy found of the connections.
func found(t *testing.T, a *harness.Account) string {
	t.Helper()
	out, err := a.Stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("oralake-sales")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out.Stacks[0].Outputs {
		if aws.ToString(o.OutputKey) == "Connections" {
			return aws.ToString(o.OutputValue)
		}
	}
	t.Fatal("the stack has no output Connections")
	return ""
}

const allReached = "source: reached; lake, full loads: reached; lake, changes: reached"

// lost is the end of what a deploy finds if the listener does not know the service.
const lost = "ORA-12514"

const regions = `  regions: {type: full-load, tables: [SALES.REGION]}
`

// A deploy tests the connections if it has made or changed an endpoint or the instance, each once, and otherwise not.
func TestDeployTestsConnections(t *testing.T) {
	first := synthesize(t, regions, "")
	later := synthesize(t, strings.Replace(regions, "SALES.REGION", "SALES.NATION", 1), "")
	files := synthesize(t, regions, "lake: {maxFileMB: 64}")
	larger := synthesize(t, regions, "lake: {maxFileMB: 64}\nreplication: {class: dms.r6i.large}")
	synctest.Test(t, func(t *testing.T) {
		tests := &deployTests{}
		a := open(t, harness.Options{Disturb: tests.see})
		outputs := a.DeployTemplate(first.department, first.template)
		if got := outputs["Connections"]; got != allReached {
			t.Errorf("the first deploy found %q, want %q", got, allReached)
		}
		tests.want(t, 3)
		for _, deploy := range []struct {
			v    version
			want int // of tests in all
		}{{later, 3}, {files, 6}, {files, 6}, {larger, 9}} {
			if err := a.Update(deploy.v.department, deploy.v.template); err != nil && !strings.Contains(err.Error(), "No updates are to be performed") {
				t.Fatal(err)
			}
			tests.want(t, deploy.want)
		}
		if got := found(t, a); got != allReached {
			t.Errorf("the last deploy found %q, want %q", got, allReached)
		}
		if sent := a.Alerts(outputs["AlertTopicArn"]); len(sent) > 0 {
			t.Errorf("alerts %+v, want none", sent)
		}
	})
}

// The source cannot be reached. The deploy ends well and says so: as an output, and to people.
func TestDeployFindsUnreachableSource(t *testing.T) {
	v := synthesizeFile(t, strings.Replace(file(regions, ""), "ORCLPDB1", "WRONG", 1))
	synctest.Test(t, func(t *testing.T) {
		tests := &deployTests{}
		a := open(t, harness.Options{Disturb: tests.see})
		outputs := a.DeployTemplate(v.department, v.template)
		got := outputs["Connections"]
		if !strings.HasPrefix(got, "source: NOT reached: ") || !strings.Contains(got, lost) || !strings.HasSuffix(got, "; lake, full loads: reached; lake, changes: reached") {
			t.Errorf("the deploy found %q, want the source not reached because of %s", got, lost)
		}
		tests.want(t, 3)
		sent := a.Alerts(outputs["AlertTopicArn"])
		if len(sent) != 1 || sent[0].Subject != "oralake sales: a connection does not work" || !strings.Contains(sent[0].Text, lost) {
			t.Fatalf("alerts %+v, want one with %s", sent, lost)
		}
		mended := synthesize(t, regions, "")
		if err := a.Update(mended.department, mended.template); err != nil {
			t.Fatal(err)
		}
		if got := found(t, a); got != allReached {
			t.Errorf("after the mend the deploy found %q, want %q", got, allReached)
		}
		if sent := a.Alerts(outputs["AlertTopicArn"]); len(sent) != 1 {
			t.Errorf("%d alerts, want no more", len(sent))
		}
	})
}

// requiring is a department that is only deployed if its source can be reached.
func requiring(jobs, other string) string {
	return strings.Replace(file(jobs, other), "sslMode: none}", "sslMode: none, check: require, driver: go-ora}", 1)
}

// With source.check: require the first deploy fails, says why, and leaves nothing behind but what is kept on purpose.
func TestDeployRequiresConnections(t *testing.T) {
	v := synthesizeFile(t, strings.Replace(requiring(both, ""), "ORCLPDB1", "WRONG", 1))
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		status, why := a.TryDeploy(v.department, v.template)
		if status != cfntypes.StackStatusRollbackComplete {
			t.Errorf("the stack is %s, want ROLLBACK_COMPLETE", status)
		}
		for _, part := range []string{
			"must reach the source and the lake, because the department's file has source.check: require: source: NOT reached: ", lost,
			"lake, changes: reached; check the secret, the security groups and the access role, and deploy again",
		} {
			if !strings.Contains(why, part) {
				t.Errorf("the deploy failed because of %q, want %q in it", why, part)
			}
		}
		instances, err := a.Tasks.DescribeReplicationInstances(t.Context(), &awsdms.DescribeReplicationInstancesInput{})
		if err == nil && len(instances.ReplicationInstances) > 0 {
			t.Errorf("%d replication instances are left", len(instances.ReplicationInstances))
		}
		if tasks := append(a.TasksOf("oralake-sales", "live"), a.TasksOf("oralake-sales", "tail")...); len(tasks) > 0 {
			t.Errorf("%d replication tasks are left: a run has begun", len(tasks))
		}
	})
}

// With source.check: require a later deploy that changes an endpoint while the source cannot be reached is rolled back. The task that
// follows changes goes on when the source is back.
func TestRolledBackForConnections(t *testing.T) {
	first := synthesize(t, tail, "")
	later := synthesizeFile(t, strings.Replace(requiring(tail, ""), "check: require", "check: require, oracle: {archivedLogDestId: 2}", 1))
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		tests := &deployTests{}
		a := harness.Open(t, db, harness.Options{Disturb: tests.see})
		a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		before := follows(t, a, "tail")
		tests.want(t, 3)
		time.AfterFunc(time.Second, func() {
			a.Secrets.Seed("oralake/sales", `{"username":"DMS","password":"p","host":"db.example.internal","port":9999}`)
		})
		err := a.Update(later.department, later.template)
		if err == nil || !strings.Contains(err.Error(), "source: NOT reached") || !strings.Contains(err.Error(), "ORA-12541") {
			t.Errorf("the deploy ended with %v, want it rolled back because the source was not reached", err)
		}
		tests.want(t, 6)
		a.Secrets.Seed("oralake/sales", `{"username":"DMS","password":"p","host":"db.example.internal","port":1521}`)
		time.Sleep(3 * time.Hour)
		if after := follows(t, a, "tail"); arn(after) != arn(before) {
			t.Error("the task was made again")
		}
	})
}
