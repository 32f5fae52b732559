package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
)

// testAccount is an account with a stack that has a custom resource behind a Go function.
type testAccount struct {
	*cloud.Cloud
	t      *testing.T
	stacks *cloudformation.Client

	mu    sync.Mutex
	asked []string // "Create -> one"
	lost  int      // the function fails without a response on so many of the next events
	calls []gateway.Call
}

// openAccount opens an account. The CDK's deploy role deploys its stacks.
func openAccount(t *testing.T, listener net.Listener, dir string, change ...func(*cloud.Options)) *testAccount {
	t.Helper()
	h := &testAccount{t: t}
	// The functions log what they send; the assertions show it here.
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	acct := account.Account{ID: "111122223333", Region: "eu-central-1"}
	var err error
	options := cloud.Options{Account: acct, Listener: listener, Dir: dir, InProcess: h.function}
	for _, f := range change {
		f(&options)
	}
	h.Cloud, err = cloud.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	h.Gateway.Observe(func(c gateway.Call) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls = append(h.calls, c)
	})
	role := acct.GlobalARN("iam", "role/cdk-hnb659fds-deploy-role-111122223333-eu-central-1")
	deployer, err := h.IAM.Credentials(role, "cli")
	if err != nil {
		t.Fatal(err)
	}
	h.stacks = cloudformation.NewFromConfig(h.Config(credentials.StaticCredentialsProvider{Value: deployer}))
	return h
}

// withoutSocket connects the functions' own HTTP client to the account. A function in its own process connects to the
// listener.
func (h *testAccount) withoutSocket() *testAccount {
	before := http.DefaultClient.Transport
	http.DefaultClient.Transport = h.Admin().HTTPClient.(*http.Client).Transport
	h.t.Cleanup(func() { http.DefaultClient.Transport = before })
	return h
}

func (h *testAccount) function(lambda.Function) (lambda.InvokeFunc, error) {
	answered := cfn.LambdaWrap(h.handle)
	return awslambda.NewHandler(func(ctx context.Context, e cfn.Event) (string, error) {
		h.mu.Lock()
		h.lost--
		lost := h.lost >= 0
		h.mu.Unlock()
		if lost {
			return "", errors.New("out of memory")
		}
		return answered(ctx, e)
	}).Invoke, nil
}

// handle makes a resource with the name in the properties.
func (h *testAccount) handle(_ context.Context, e cfn.Event) (string, map[string]any, error) {
	name, _ := e.ResourceProperties["Name"].(string)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, strings.TrimSpace(fmt.Sprintf("%s %s: %v -> %s", e.RequestType, e.PhysicalResourceID,
		e.OldResourceProperties["Name"], name)))
	if name == "bad" && e.RequestType != cfn.RequestDelete {
		return e.PhysicalResourceID, nil, errors.New("no room for " + name)
	}
	return "lake/" + name, map[string]any{"Arn": "arn:lake/" + name, "Tables": 3}, nil
}

func (h *testAccount) takeEvents() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := h.asked
	h.asked = nil
	return asked
}

func template(name string) string {
	function := func(arn any) map[string]any {
		return map[string]any{"Type": "Custom::Lake", "Properties": map[string]any{
			"ServiceToken": arn, "ServiceTimeout": 300, "Name": name,
		}}
	}
	raw, err := json.MarshalIndent(map[string]any{
		"Resources": map[string]any{
			"Role": map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{
				"AssumeRolePolicyDocument": json.RawMessage(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
					"Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}`),
			}},
			"Function": map[string]any{"Type": "AWS::Lambda::Function", "Properties": map[string]any{
				"Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": []string{"arm64"},
				"Role": map[string]any{"Fn::GetAtt": []string{"Role", "Arn"}},
				"Code": map[string]any{"S3Bucket": "assets", "S3Key": "code.zip"},
			}},
			"Lake": function(map[string]any{"Fn::GetAtt": []string{"Function", "Arn"}}),
		},
		"Outputs": map[string]any{
			"Lake":   map[string]any{"Value": map[string]any{"Ref": "Lake"}},
			"Tables": map[string]any{"Value": map[string]any{"Fn::Sub": "${Lake.Arn} has ${Lake.Tables}"}},
		},
	}, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// deploy creates or updates the stack and waits until it is stable.
func (h *testAccount) deploy(name string) types.Stack {
	h.t.Helper()
	body := template(name)
	_, err := h.stacks.UpdateStack(h.t.Context(), &cloudformation.UpdateStackInput{
		StackName: aws.String("house"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityIam},
	})
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		_, err = h.stacks.CreateStack(h.t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("house"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return h.settle("house")
}

func (h *testAccount) settle(nameOrID string) types.Stack {
	h.t.Helper()
	for pause := time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		out, err := h.stacks.DescribeStacks(h.t.Context(), &cloudformation.DescribeStacksInput{StackName: &nameOrID})
		if err != nil {
			h.t.Fatal(err)
		}
		if st := out.Stacks[0]; !strings.HasSuffix(string(st.StackStatus), "_IN_PROGRESS") {
			return st
		}
		time.Sleep(pause)
	}
}

func (h *testAccount) destroy(id string) types.Stack {
	h.t.Helper()
	if _, err := h.stacks.DeleteStack(h.t.Context(), &cloudformation.DeleteStackInput{StackName: &id}); err != nil {
		h.t.Fatal(err)
	}
	return h.settle(id)
}

// reason returns the reason of the last failure of the custom resource.
func (h *testAccount) reason(id string) string {
	h.t.Helper()
	out, err := h.stacks.DescribeStackEvents(h.t.Context(), &cloudformation.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range out.StackEvents {
		if *e.LogicalResourceId == "Lake" && strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			return *e.ResourceStatusReason
		}
	}
	return ""
}

func (h *testAccount) want(st types.Stack, status types.StackStatus, asked ...string) {
	h.t.Helper()
	if st.StackStatus != status {
		h.t.Fatalf("status %s (%s), want %s; Lake: %s", st.StackStatus, aws.ToString(st.StackStatusReason), status,
			h.reason(*st.StackId))
	}
	if diff := cmp.Diff(h.takeEvents(), asked); diff != "" {
		h.t.Errorf("events: got -, want +:\n%s", diff)
	}
}

func TestACustomResourceBehindAGoFunction(t *testing.T) {
	lifeOfALake := func(t *testing.T, h *testAccount) {
		st := h.deploy("one")
		h.want(st, types.StackStatusCreateComplete, "Create : <nil> -> one")
		outputs := map[string]string{}
		for _, o := range st.Outputs {
			outputs[*o.OutputKey] = *o.OutputValue
		}
		if diff := cmp.Diff(outputs, map[string]string{"Lake": "lake/one", "Tables": "arn:lake/one has 3"}); diff != "" {
			t.Errorf("outputs: got -, want +:\n%s", diff)
		}
		h.want(h.deploy("two"), types.StackStatusUpdateComplete,
			"Update lake/one: one -> two", "Delete lake/one: <nil> -> one")
		h.want(h.deploy("bad"), types.StackStatusUpdateRollbackComplete,
			"Update lake/two: two -> bad", "Update lake/two: bad -> two")
		if got, want := h.reason(*st.StackId), "Received response status [FAILED] from custom resource. "+
			"Message returned: no room for bad (RequestId: "; !strings.HasPrefix(got, want) {
			t.Errorf("reason %q, want %s...", got, want)
		}
		h.want(h.destroy(*st.StackId), types.StackStatusDeleteComplete, "Delete lake/two: <nil> -> two")
		h.checkAudit()
	}
	t.Run("without socket", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { lifeOfALake(t, openAccount(t, nil, "").withoutSocket()) })
	})
	t.Run("through the listener", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		lifeOfALake(t, openAccount(t, listener, dir))
		buckets, err := os.ReadDir(filepath.Join(dir, "s3"))
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(buckets, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "cloudformation") }) {
			t.Errorf("the account lists CloudFormation's own bucket: %v", buckets)
		}
	})
}

// checkAudit checks who invoked the function, who put the responses, and the status of each call.
func (h *testAccount) checkAudit() {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	got := map[string]int{}
	for _, c := range h.calls {
		if c.Service == "lambda" || c.Service == "s3" {
			who := c.Principal.ARN[strings.IndexByte(c.Principal.ARN, '/')+1:]
			got[fmt.Sprintf("%s:%s %d by %s", c.Service, c.Operation, c.Status, who)]++
		}
	}
	want := map[string]int{
		"lambda:Invoke 202 by cdk-hnb659fds-deploy-role-111122223333-eu-central-1/cli": 6,
		"s3:PutObject 200 by AWSCloudFormation/custom-resource-response":               6,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		h.t.Errorf("calls: got -, want +:\n%s", diff)
	}
}

func TestAFailedCreateGetsADelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openAccount(t, nil, "").withoutSocket()
		st := h.deploy("bad")
		if st.StackStatus != types.StackStatusRollbackComplete {
			t.Fatalf("status %s, want %s", st.StackStatus, types.StackStatusRollbackComplete)
		}
		// Without an id from the function, aws-lambda-go uses the id of the request.
		_, request, _ := strings.Cut(h.reason(*st.StackId), "no room for bad (RequestId: ")
		want := []string{
			"Create : <nil> -> bad", "Delete " + strings.TrimSuffix(request, ")") + ": <nil> -> bad",
		}
		if diff := cmp.Diff(h.takeEvents(), want); diff != "" {
			t.Errorf("events: got -, want +:\n%s", diff)
		}
	})
}

func TestAFunctionThatFailsIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openAccount(t, nil, "").withoutSocket()
		h.lost = 1
		start := time.Now()
		h.want(h.deploy("one"), types.StackStatusCreateComplete, "Create : <nil> -> one")
		if took := time.Since(start).Truncate(time.Second); took != time.Minute {
			t.Errorf("took %s, want the minute that Lambda waits before a retry", took)
		}
	})
}

func TestAFunctionThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openAccount(t, nil, "").withoutSocket()
		h.lost = 3 // Lambda stops retrying after three attempts
		start := time.Now()
		st := h.deploy("one")
		if took := time.Since(start).Truncate(time.Second); took != 5*time.Minute {
			t.Errorf("took %s, want the ServiceTimeout", took)
		}
		if st.StackStatus != types.StackStatusRollbackComplete {
			t.Errorf("status %s, want %s", st.StackStatus, types.StackStatusRollbackComplete)
		}
		asked := h.takeEvents()
		if len(asked) != 1 || !strings.HasPrefix(asked[0], "Delete house-Lake-") {
			t.Errorf("events %v, want one Delete of the id that the engine made", asked)
		}
		want := "CloudFormation did not receive a response from your custom resource."
		if got := h.reason(*st.StackId); !strings.HasPrefix(got, want) {
			t.Errorf("reason %q, want %s...", got, want)
		}
	})
}

func TestAStackThatWaitsFailsWhenTheAccountCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openAccount(t, nil, "").withoutSocket()
		h.lost = 3
		body := template("one")
		_, err := h.stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("house"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		start := time.Now()
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		st := h.settle("house")
		if got := h.reason(*st.StackId); !strings.HasPrefix(got, "the embedded AWS closes") {
			t.Errorf("reason %q", got)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestCloudFormationsBucketBelongsToNoAccount(t *testing.T) {
	h := openAccount(t, nil, "")
	client := s3.NewFromConfig(h.Admin())
	bucket := aws.String("cloudformation-custom-resource-response-eucentral1")
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String("k"), Body: strings.NewReader("{}"),
	})
	if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("put: %v, want AccessDenied", err)
	}
	if _, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket}); err == nil {
		t.Error("the bucket's objects can be listed")
	}
	all, err := client.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil || len(all.Buckets) != 1 {
		t.Errorf("buckets %v, %v, want only the CDK's", all.Buckets, err)
	}
}
