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

// world is a small service with resources that can fail: what exists, and every call that was made.
type world struct {
	mu      sync.Mutex
	exists  map[string]string // physical id -> properties
	owner   map[string]string // physical id -> logical id
	calls   []string          // "create A", "update A", "delete A"
	fail    map[string]error  // by call
	once    map[string]bool   // calls that fail only the first time
	half    bool              // a create that fails leaves its resource behind
	takes   time.Duration
	heeds   bool          // a call ends with its context, leaving nothing behind, and fails at once
	gate    chan struct{} // if there is one, every call waits until it is closed
	working int
	peak    int // the most calls at work at once
	tags    map[string]map[string]string
	made    int
	asked   gateway.Principal
}

func newWorld() *world {
	return &world{
		exists: map[string]string{}, owner: map[string]string{}, fail: map[string]error{},
		tags: map[string]map[string]string{},
	}
}

func (w *world) work(ctx context.Context, call string, tags map[string]string, logicalID string) error {
	w.mu.Lock()
	w.calls = append(w.calls, call)
	w.working++
	w.peak = max(w.peak, w.working)
	w.tags[logicalID] = tags
	w.asked = gateway.PrincipalFrom(ctx)
	takes, err := w.takes, w.fail[call]
	if w.once[call] {
		delete(w.fail, call)
	}
	w.mu.Unlock()
	if w.gate != nil {
		<-w.gate
	}
	switch {
	case w.heeds && err == nil:
		err = clock.Clock{}.Sleep(ctx, takes)
	case !w.heeds && takes > 0:
		time.Sleep(takes)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working--
	return err
}

func (w *world) create(ctx context.Context, r resource.Request) (resource.Resource, error) {
	err := w.work(ctx, "create "+r.LogicalID, r.Tags, r.LogicalID)
	if err != nil && !w.half {
		return resource.Resource{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made++
	id := fmt.Sprintf("%s-%d", r.LogicalID, w.made)
	w.exists[id], w.owner[id] = string(r.Properties), r.LogicalID
	return is(id, r), err
}

func (w *world) update(ctx context.Context, r resource.Request) (resource.Resource, error) {
	if err := w.work(ctx, "update "+r.LogicalID, r.Tags, r.LogicalID); err != nil {
		return resource.Resource{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.exists[r.PhysicalID] != string(r.Previous) && w.once == nil && len(w.fail) == 0 {
		return resource.Resource{}, fmt.Errorf("%s has properties %s, not the previous %s",
			r.PhysicalID, w.exists[r.PhysicalID], r.Previous)
	}
	w.exists[r.PhysicalID] = string(r.Properties)
	return is(r.PhysicalID, r), nil
}

// is a resource with an attribute that stays, one that is a number, and one that changes with its properties.
func is(id string, r resource.Request) resource.Resource {
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{
		"Arn": "arn:" + id, "Port": 1521, "Size": len(r.Properties),
	}}
}

func (w *world) delete(ctx context.Context, r resource.Request) error {
	if err := w.work(ctx, "delete "+r.LogicalID, r.Tags, r.LogicalID); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.exists[r.PhysicalID]; !ok {
		return fmt.Errorf("%s is deleted twice", r.PhysicalID)
	}
	delete(w.exists, r.PhysicalID)
	return nil
}

// types has a resource that is updated in place unless its Name changes, and one that is always replaced.
func (w *world) types() resource.Types {
	return resource.Types{
		"Test::Thing":    {CreateOnly: []string{"Name"}, Create: w.create, Update: w.update, Delete: w.delete},
		"Test::Fixed":    {Create: w.create, Delete: w.delete},
		"AWS::IAM::Role": {Create: w.create, Update: w.update, Delete: w.delete},
	}
}

// snapshot is what exists, by logical id.
func (w *world) snapshot() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.exists)
}

func (w *world) breakCall(call, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail[call] = errors.New(reason)
}

func (w *world) breakOnce(call, reason string) {
	w.breakCall(call, reason)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.once = map[string]bool{call: true}
}

func (w *world) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.fail)
}

// took empties the list of calls and returns what was in it.
func (w *world) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}

// uploaded is a bucket with templates.
type uploaded map[string]string

func (u uploaded) Object(_ context.Context, bucket, key string) ([]byte, error) {
	body, ok := u[bucket+"/"+key]
	if !ok {
		return nil, errors.New("NoSuchKey: " + bucket + "/" + key)
	}
	return []byte(body), nil
}

// store is a parameter store.
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

// cloud drives the engine as the CDK CLI does: through an SDK client.
type cloud struct {
	t       testing.TB
	client  *sdk.Client
	service *Service
	objects uploaded
	store   store
	// functions are those behind custom resources.
	functions *functions
	set       int
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

// settle waits until no operation goes on.
func (c *cloud) settle(id string) types.Stack {
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

// propose makes a change set, which may be refused.
func (c *cloud) propose(
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

// deploy makes a change set, executes it and waits for the end.
func (c *cloud) deploy(name, template string) types.Stack {
	c.t.Helper()
	return c.deployWith(name, template, nil)
}

func (c *cloud) deployWith(name, template string, change func(*sdk.CreateChangeSetInput)) types.Stack {
	c.t.Helper()
	set, err := c.propose(name, template, change)
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
	return c.settle(*set.StackId)
}

// destroy deletes a stack and waits for the end.
func (c *cloud) destroy(id string) types.Stack {
	c.t.Helper()
	if _, err := c.client.DeleteStack(c.t.Context(), &sdk.DeleteStackInput{StackName: &id}); err != nil {
		c.t.Fatal(err)
	}
	return c.settle(id)
}

// history lists "LogicalID STATUS", oldest first.
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

// physicalIDs lists the resources that a stack has.
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

// resources is a template of resources alone.
func resources(t testing.TB, all map[string]any) string {
	t.Helper()
	raw, err := json.MarshalIndent(map[string]any{"Resources": all}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
