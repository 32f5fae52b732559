// Package cloudformation is the CloudFormation of the embedded AWS. It has change sets and stacks. It creates, updates
// and deletes the resources of a stack in dependency order, with the statuses and events of CloudFormation. The services
// implement the resource types (package resource). This package decides the order.
//
// Templates are JSON. The engine does not implement conditions, mappings, exports, transforms, nested stacks, dynamic
// references, snapshots, imports, stack policies and other features. It rejects them before it changes a resource, and
// the error names the feature. A Lambda function implements a custom resource. A custom resource with an SNS topic is an
// error, and so is NoEcho in a response.
//
// The principal who started an operation creates its resources. The service stores a RoleARN and returns it in
// DescribeStacks, but the embedded services do not use that role.
package cloudformation

import (
	"context"
	"net/http"
	"sync"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Objects reads a template from S3, for requests with a TemplateURL.
type Objects interface {
	Object(ctx context.Context, bucket, key string) ([]byte, error)
}

// Parameters reads the SSM parameter store, for template parameters of the AWS::SSM::Parameter::Value types. A name that
// is not in the store is an error. The ValidationError of the request has its text.
type Parameters interface {
	Parameter(ctx context.Context, name string) (string, error)
}

// Service holds the stacks of the account. It is safe for concurrent use.
type Service struct {
	account    account.Account
	kinds      kinds
	objects    Objects
	parameters Parameters

	ctx     context.Context // the parent context of all operations; Close cancels it
	cancel  context.CancelCauseFunc
	running sync.WaitGroup // the goroutines of the operations

	mu     sync.Mutex
	closed bool
	stacks []*stack          // all stacks, also deleted ones, in the order of their creation
	byID   map[string]*stack // all stacks, also deleted ones
	byName map[string]*stack // all stacks that are not deleted
}

// New makes a service without stacks. It manages resources of the given types, and custom resources with functions.
func New(
	acct account.Account, types resource.Types, objects Objects, parameters Parameters, functions CustomResources,
) *Service {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Service{
		account: acct, objects: objects, parameters: parameters, ctx: ctx, cancel: cancel,
		kinds: kinds{
			named: types, custom: customResources{account: acct, functions: functions},
		},
		byID: map[string]*stack{}, byName: map[string]*stack{},
	}
}

const namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/"

// Handler serves the API of CloudFormation. Its signing name is "cloudformation".
func (s *Service) Handler() http.Handler {
	return gateway.Query("cloudformation", namespace, map[string]gateway.QueryOperation{
		"CreateChangeSet":        operation(s.createChangeSet),
		"CreateStack":            operation(s.createStack),
		"DeleteChangeSet":        operation(s.deleteChangeSet),
		"DeleteStack":            operation(s.deleteStack),
		"DescribeChangeSet":      operation(s.describeChangeSet),
		"DescribeStackEvents":    operation(s.describeStackEvents),
		"DescribeStackResources": operation(s.describeStackResources),
		"DescribeStacks":         operation(s.describeStacks),
		"ExecuteChangeSet":       operation(s.executeChangeSet),
		"GetTemplate":            operation(s.getTemplate),
		"ListStackResources":     operation(s.listStackResources),
		"UpdateStack":            operation(s.updateStack),
	})
}
