package cloudformation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

var home = account.Account{ID: "123456789012", Region: "eu-central-1"}

// world is a small service with resources that can fail. It records the resources that exist and all calls.
type world struct {
	mu     sync.Mutex
	exists map[string]string // physical id -> properties
	owner  map[string]string // physical id -> logical id
	calls  []string          // "create A", "update A", "delete A"
	fail   map[string]error  // the errors of failing calls, by call
	once   map[string]bool   // calls that fail only the first time
	// partialCreate makes a failing create leave its resource.
	partialCreate bool
	takes         time.Duration // the duration of a call
	// cancellable makes a call end with its context and create nothing then. A failing call then ends at once.
	cancellable bool
	gate        chan struct{}                // every call waits until the gate is closed; nil without a gate
	running     int                          // the number of running calls
	peak        int                          // the largest number of running calls
	tags        map[string]map[string]string // the tags of the latest call, by logical id
	created     int                          // the number of resources created so far
	caller      gateway.Principal            // the principal of the latest call
}

func newWorld() *world {
	return &world{
		exists: map[string]string{}, owner: map[string]string{}, fail: map[string]error{},
		tags: map[string]map[string]string{},
	}
}

// runCall records a call, waits as long as the call takes and returns its error.
func (w *world) runCall(ctx context.Context, call string, tags map[string]string, logicalID string) error {
	w.mu.Lock()
	w.calls = append(w.calls, call)
	w.running++
	w.peak = max(w.peak, w.running)
	w.tags[logicalID] = tags
	w.caller = gateway.PrincipalFrom(ctx)
	takes, err := w.takes, w.fail[call]
	if w.once[call] {
		delete(w.fail, call)
	}
	w.mu.Unlock()
	if w.gate != nil {
		<-w.gate
	}
	switch {
	case w.cancellable && err == nil:
		err = clock.Clock{}.Sleep(ctx, takes)
	case !w.cancellable && takes > 0:
		time.Sleep(takes)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	return err
}

func (w *world) create(ctx context.Context, r resource.Request) (resource.Resource, error) {
	err := w.runCall(ctx, "create "+r.LogicalID, r.Tags, r.LogicalID)
	if err != nil && !w.partialCreate {
		return resource.Resource{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.created++
	id := fmt.Sprintf("%s-%d", r.LogicalID, w.created)
	w.exists[id], w.owner[id] = string(r.Properties), r.LogicalID
	return describe(id, r), err
}

func (w *world) update(ctx context.Context, r resource.Request) (resource.Resource, error) {
	if err := w.runCall(ctx, "update "+r.LogicalID, r.Tags, r.LogicalID); err != nil {
		return resource.Resource{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.exists[r.PhysicalID] != string(r.Previous) && w.once == nil && len(w.fail) == 0 {
		return resource.Resource{}, fmt.Errorf("%s has properties %s, not the previous %s",
			r.PhysicalID, w.exists[r.PhysicalID], r.Previous)
	}
	w.exists[r.PhysicalID] = string(r.Properties)
	return describe(r.PhysicalID, r), nil
}

// describe returns a resource with three attributes: Arn does not change, Port is a number, and Size changes with the
// properties.
func describe(id string, r resource.Request) resource.Resource {
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{
		"Arn": "arn:" + id, "Port": 1521, "Size": len(r.Properties),
	}}
}

func (w *world) delete(ctx context.Context, r resource.Request) error {
	if err := w.runCall(ctx, "delete "+r.LogicalID, r.Tags, r.LogicalID); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.exists[r.PhysicalID]; !ok {
		return fmt.Errorf("delete %s: it does not exist", r.PhysicalID)
	}
	delete(w.exists, r.PhysicalID)
	return nil
}

// types returns the resource types. An update of a Test::Thing replaces it only when its Name changes. An update of a
// Test::Fixed always replaces it.
func (w *world) types() resource.Types {
	return resource.Types{
		"Test::Thing":    {CreateOnly: []string{"Name"}, Create: w.create, Update: w.update, Delete: w.delete},
		"Test::Fixed":    {Create: w.create, Delete: w.delete},
		"AWS::IAM::Role": {Create: w.create, Update: w.update, Delete: w.delete},
	}
}

// snapshot returns the properties of the resources that exist, by physical id.
func (w *world) snapshot() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.exists)
}

// breakCall makes a call fail with the given reason.
func (w *world) breakCall(call, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail[call] = errors.New(reason)
}

// breakOnce makes only the next call fail.
func (w *world) breakOnce(call, reason string) {
	w.breakCall(call, reason)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.once = map[string]bool{call: true}
}

// clearFailures lets all calls succeed again.
func (w *world) clearFailures() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.fail)
}

// takeCalls returns the list of calls and clears it.
func (w *world) takeCalls() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}

// uploaded has the templates in S3, by "bucket/key".
type uploaded map[string]string

func (u uploaded) Object(_ context.Context, bucket, key string) ([]byte, error) {
	body, ok := u[bucket+"/"+key]
	if !ok {
		return nil, errors.New("NoSuchKey: " + bucket + "/" + key)
	}
	return []byte(body), nil
}

// store is a fake parameter store, by name.
type store map[string]string

func (s store) Parameter(_ context.Context, name string) (string, error) {
	value, ok := s[name]
	if !ok {
		return "", errors.New("ParameterNotFound: " + name)
	}
	return value, nil
}

type anyone struct{}

func (anyone) Principal(key string) (gateway.Principal, error) {
	return gateway.Principal{ARN: "arn:aws:iam::123456789012:user/" + key}, nil
}

// cloud is the engine with an SDK client, as the CDK CLI uses it.
type cloud struct {
	t       testing.TB
	client  *sdk.Client
	service *Service
	objects uploaded
	store   store
	// functions has the function of the custom resources.
	functions *functions
	set       int // the number of change sets so far
}

func newCloud(t testing.TB, w *world) *cloud {
	c := &cloud{
		t: t, objects: uploaded{}, store: store{"/cdk-bootstrap/hnb659fds/version": "27"}, functions: newFunctions(),
	}
	g := gateway.New(anyone{})
	c.service = New(home, w.types(), c.objects, c.store, c.functions)
	g.Handle("cloudformation", c.service.Handler())
	c.client = sdk.NewFromConfig(g.Config(home.Region, credentials.NewStaticCredentialsProvider("tester", "secret", "")))
	return c
}

func (c *cloud) status(nameOrID string) types.Stack {
	c.t.Helper()
	out, err := c.client.DescribeStacks(c.t.Context(), &sdk.DescribeStacksInput{StackName: &nameOrID})
	if err != nil {
		c.t.Fatal(err)
	}
	return out.Stacks[0]
}

// waitForEnd waits until no operation runs on the stack.
func (c *cloud) waitForEnd(id string) types.Stack {
	c.t.Helper()
	for pause := 100 * time.Microsecond; ; pause = min(2*pause, time.Second) {
		st := c.status(id)
		s := &stack{status: string(st.StackStatus)}
		if !s.busy() {
			return st
		}
		time.Sleep(pause)
	}
}

// createChangeSet creates a change set and describes it. The error is that of CreateChangeSet.
func (c *cloud) createChangeSet(
	name, template string, change func(*sdk.CreateChangeSetInput),
) (*sdk.DescribeChangeSetOutput, error) {
	c.t.Helper()
	kind := types.ChangeSetTypeUpdate
	st, err := c.client.DescribeStacks(c.t.Context(), &sdk.DescribeStacksInput{StackName: &name})
	if err != nil || st.Stacks[0].StackStatus == types.StackStatusReviewInProgress {
		kind = types.ChangeSetTypeCreate
	}
	c.set++
	in := &sdk.CreateChangeSetInput{
		StackName: &name, ChangeSetName: aws.String(fmt.Sprintf("set-%d", c.set)), ChangeSetType: kind,
		TemplateBody: &template, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}
	if change != nil {
		change(in)
	}
	made, err := c.client.CreateChangeSet(c.t.Context(), in)
	if err != nil {
		return nil, err
	}
	out, err := c.client.DescribeChangeSet(c.t.Context(), &sdk.DescribeChangeSetInput{
		ChangeSetName: made.Id, IncludePropertyValues: aws.Bool(true),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out, nil
}

// deploy creates a change set, executes it and waits for the end.
func (c *cloud) deploy(name, template string) types.Stack {
	c.t.Helper()
	return c.deployWith(name, template, nil)
}

func (c *cloud) deployWith(name, template string, change func(*sdk.CreateChangeSetInput)) types.Stack {
	c.t.Helper()
	set, err := c.createChangeSet(name, template, change)
	if err != nil {
		c.t.Fatal(err)
	}
	if set.Status != types.ChangeSetStatusCreateComplete {
		c.t.Fatalf("change set: %s: %s", set.Status, aws.ToString(set.StatusReason))
	}
	execute := &sdk.ExecuteChangeSetInput{ChangeSetName: set.ChangeSetId, StackName: &name}
	if _, err = c.client.ExecuteChangeSet(c.t.Context(), execute); err != nil {
		c.t.Fatal(err)
	}
	return c.waitForEnd(*set.StackId)
}

// destroy deletes a stack and waits for the end.
func (c *cloud) destroy(id string) types.Stack {
	c.t.Helper()
	if _, err := c.client.DeleteStack(c.t.Context(), &sdk.DeleteStackInput{StackName: &id}); err != nil {
		c.t.Fatal(err)
	}
	return c.waitForEnd(id)
}

// history lists the events as "LogicalID STATUS", oldest first.
func (c *cloud) history(id string) []string {
	c.t.Helper()
	var all []string
	pages := sdk.NewDescribeStackEventsPaginator(c.client, &sdk.DescribeStackEventsInput{StackName: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, e := range page.StackEvents {
			all = append(all, *e.LogicalResourceId+" "+string(e.ResourceStatus))
		}
	}
	slices.Reverse(all)
	return all
}

// physicalIDs lists the physical ids of the resources of a stack.
func (c *cloud) physicalIDs(name string) []string {
	c.t.Helper()
	out, err := c.client.ListStackResources(c.t.Context(), &sdk.ListStackResourcesInput{StackName: &name})
	if err != nil {
		c.t.Fatal(err)
	}
	var all []string
	for _, r := range out.StackResourceSummaries {
		all = append(all, *r.PhysicalResourceId)
	}
	return all
}

// resources is a template with only resources.
func resources(t testing.TB, all map[string]any) string {
	t.Helper()
	raw, err := json.MarshalIndent(map[string]any{"Resources": all}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
