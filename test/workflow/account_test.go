// Package workflow_test runs the synthesized template, the real state machine and the real functions in one process
// and in virtual time: what takes a night on AWS takes a moment here.
package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/cleanup"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/workflow"
	"github.com/oralake/oralake/local/account"
	"github.com/oralake/oralake/local/cloud"
	localdms "github.com/oralake/oralake/local/dms"
	local "github.com/oralake/oralake/local/lambda"
	"github.com/oralake/oralake/local/source"
)

const root = "../.."

// testAccount is an AWS account with departments in it.
type testAccount struct {
	*cloud.Cloud
	t *testing.T
	// unreachable names a service that the functions cannot reach, by its signing name.
	unreachable string
	faults      *faults

	stacks  *cloudformation.Client
	states  *sfn.Client
	dms     *dms.Client
	records *dynamodb.Client
	objects *s3.Client
}

// faults are what goes wrong in DMS.
type faults struct {
	localdms.NoFaults
	hang bool // full loads never end
}

func (f *faults) Run(task localdms.Task) localdms.RunFault {
	return localdms.RunFault{Hang: f.hang && task.MigrationType == "full-load"}
}

// newFunctions are the functions by the identifier that the template gives each.
var newFunctions = map[string]workflow.New{
	"Create": workflow.NewCreate, "Start": workflow.NewStart, "Poll": workflow.NewPoll,
	"Record": workflow.NewRecord, "Delete": workflow.NewDelete,
}

var oracle = source.Oracle{Host: "db.example.internal", Port: 1521, Service: "ORCLPDB1", Username: "DMS", Password: "p"}

// openAccount opens an account whose Oracle database is db. Call it inside of a synctest bubble.
func openAccount(t *testing.T, db *source.Database) *testAccount {
	t.Helper()
	a := &testAccount{t: t, faults: &faults{}}
	registry := &source.Registry{}
	registry.Add(oracle, db)
	var err error
	a.Cloud, err = cloud.New(cloud.Options{
		Account: account.Account{ID: "111122223333", Region: "eu-central-1"}, Sources: registry, InProcess: a.function,
		DMS: localdms.Options{Faults: a.faults},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.IAM.EnsureRole("dms-vpc-role") // what `-c account=true` makes once in an account
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close account: %v", err)
		}
	})
	cfg := a.Admin()
	// The clean-up answers CloudFormation by the default client, as every custom resource does.
	http.DefaultClient.Transport = cfg.HTTPClient.(*http.Client).Transport
	a.stacks, a.states, a.dms = cloudformation.NewFromConfig(cfg), sfn.NewFromConfig(cfg), dms.NewFromConfig(cfg)
	a.records, a.objects = dynamodb.NewFromConfig(cfg), s3.NewFromConfig(cfg)
	return a
}

// function runs a function as its bootstrap would, with the credentials of its role.
func (a *testAccount) function(f local.Function) (local.InvokeFunc, error) {
	cfg := a.Config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return f.Credentials, nil
	}))
	cfg.HTTPClient = &http.Client{Transport: network{a, cfg.HTTPClient.(*http.Client).Transport}}
	cfg.APIOptions = append(cfg.APIOptions, local.PropagateTrace, local.WithinInvocation)
	cfg.RetryMode = aws.RetryModeAdaptive
	getenv := func(name string) string { return f.Environment[name] }
	log := slog.New(slog.NewJSONHandler(lines(f.Log), nil))
	if strings.HasPrefix(f.LogicalID, "CleanupFunction") {
		resource, err := cleanup.NewResource(cfg, getenv, log)
		return lambda.NewHandler(resource.Handle).Invoke, err
	}
	for name, newStep := range newFunctions {
		if strings.HasPrefix(f.LogicalID, "Functions"+name) {
			step, err := newStep(cfg, getenv, log)
			return lambda.NewHandler(step).Invoke, err
		}
	}
	return nil, fmt.Errorf("no function of this module has the logical id %s", f.LogicalID)
}

// lines passes log lines on.
type lines func(string)

func (l lines) Write(b []byte) (int, error) {
	l(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// network is between the functions and AWS.
type network struct {
	account *testAccount
	next    http.RoundTripper
}

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	if n.account.unreachable != "" && strings.Contains(r.Header.Get("Authorization"), "/"+n.account.unreachable+"/aws4_request") {
		return nil, &unreachableError{n.account.unreachable}
	}
	return n.next.RoundTrip(r)
}

// unreachableError is what a dialer says when nothing answers.
type unreachableError struct{ service string }

func (e *unreachableError) Error() string {
	return "dial tcp: lookup " + e.service + ".eu-central-1.amazonaws.com: i/o timeout"
}
func (e *unreachableError) Timeout() bool   { return true }
func (e *unreachableError) Temporary() bool { return true }

// deploy creates a department's stack from its synthesized template and returns the stack's outputs. The template is
// the golden one of the template tests, whose asset hashes are normalised.
func (a *testAccount) deploy(d *department.Department) map[string]string {
	a.t.Helper()
	ctx := a.t.Context()
	stack := "oralake-" + d.Name
	template, err := os.ReadFile(filepath.Join(root, "test/stacks/testdata", stack+".golden.json"))
	if err != nil {
		a.t.Fatal(err)
	}
	a.Secrets.Seed(d.Source.SecretName, `{"username":"DMS","password":"p","host":"db.example.internal","port":1521}`)
	assets := "cdk-hnb659fds-assets-" + a.Account.ID + "-" + a.Account.Region
	a.put(assets, stack+".json", template)
	a.putManifest(d)
	_, err = a.stacks.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName:    &stack,
		TemplateURL:  aws.String("https://s3." + a.Account.Region + ".amazonaws.com/" + assets + "/" + stack + ".json"),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	for {
		out, err := a.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			a.t.Fatal(err)
		}
		switch status := out.Stacks[0].StackStatus; status {
		case types.StackStatusCreateInProgress:
			time.Sleep(time.Second)
		case types.StackStatusCreateComplete:
			outputs := map[string]string{}
			for _, o := range out.Stacks[0].Outputs {
				outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
			}
			return outputs
		default:
			a.t.Fatalf("stack %s is %s: %s", stack, status, aws.ToString(out.Stacks[0].StackStatusReason))
		}
	}
}

// putManifest puts a department's manifest where its functions read it.
func (a *testAccount) putManifest(d *department.Department) {
	a.t.Helper()
	template, err := os.ReadFile(filepath.Join(root, "test/stacks/testdata", "oralake-"+d.Name+".golden.json"))
	if err != nil {
		a.t.Fatal(err)
	}
	m, err := manifest.Compile(d)
	if err != nil {
		a.t.Fatal(err)
	}
	content, err := m.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	a.put("cdk-hnb659fds-assets-"+a.Account.ID+"-"+a.Account.Region, manifestKey(a.t, template), content)
}

// awaitGone waits until a stack is deleted.
func (a *testAccount) awaitGone(stack string) {
	a.t.Helper()
	for {
		out, err := a.stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			return // By its name a deleted stack is not found.
		}
		if s := out.Stacks[0]; s.StackStatus == types.StackStatusDeleteFailed {
			a.t.Fatalf("stack %s: %s", stack, aws.ToString(s.StackStatusReason))
		}
		time.Sleep(time.Second)
	}
}

// manifestKey finds in a template where Create reads the manifest.
func manifestKey(t *testing.T, template []byte) string {
	t.Helper()
	var parsed struct {
		Resources map[string]struct {
			Properties struct {
				Environment struct {
					Variables map[string]any
				}
			}
		}
	}
	if err := json.Unmarshal(template, &parsed); err != nil {
		t.Fatal(err)
	}
	for _, r := range parsed.Resources {
		if key, ok := r.Properties.Environment.Variables["ORALAKE_MANIFEST_KEY"].(string); ok {
			return key
		}
	}
	t.Fatal("no function of the template is told where the manifest is")
	return ""
}

func (a *testAccount) put(bucket, key string, content []byte) {
	a.t.Helper()
	_, err := a.objects.PutObject(a.t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader(string(content)),
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// run starts an execution and waits for its end.
func (a *testAccount) run(machine, input string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	ctx := a.t.Context()
	started, err := a.states.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.await(aws.ToString(started.ExecutionArn))
}

func (a *testAccount) await(execution string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	if err := a.States.Wait(a.t.Context(), execution); err != nil {
		a.t.Fatal(err)
	}
	return a.describe(execution)
}

func (a *testAccount) describe(execution string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	out, err := a.states.DescribeExecution(a.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

func (a *testAccount) want(e *sfn.DescribeExecutionOutput, status sfntypes.ExecutionStatus) {
	a.t.Helper()
	if e.Status != status {
		a.t.Fatalf("execution is %s, want %s: %s: %s", e.Status, status, aws.ToString(e.Error), aws.ToString(e.Cause))
	}
}

// tasks lists the replication tasks of one job.
func (a *testAccount) tasks(stack, job string) []dmstypes.ReplicationTask {
	a.t.Helper()
	out, err := a.dms.DescribeReplicationTasks(a.t.Context(), &dms.DescribeReplicationTasksInput{})
	var none *dmstypes.ResourceNotFoundFault
	if err != nil && !errors.As(err, &none) {
		a.t.Fatal(err)
	}
	var found []dmstypes.ReplicationTask
	if out != nil {
		for _, task := range out.ReplicationTasks {
			if strings.HasPrefix(aws.ToString(task.ReplicationTaskIdentifier), stack+"-"+job+"-") {
				found = append(found, task)
			}
		}
	}
	return found
}
