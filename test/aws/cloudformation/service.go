// Package cloudformation is the CloudFormation of the embedded AWS: change sets, and stacks whose resources are made,
// changed and removed in the order that their references ask for, with the statuses and events that CloudFormation
// has. What a resource is, the services say (package resource); this package decides when.
//
// Templates are JSON. What the engine does not implement (conditions, mappings, exports, transforms, nested stacks,
// dynamic references, snapshots, imports, stack policies and the like) it refuses by name, before anything is made. Behind a custom resource is a
// Lambda function of the template's own; those behind an SNS topic are refused, and so is NoEcho in a response.
//
// Resources are made in the name of the principal who started the operation. A RoleARN is remembered and told, but the
// embedded services do not act as that role.
package cloudformation

import (
	"context"
	"net/http"
	"sync"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Objects reads a template that was uploaded to S3, for requests with a TemplateURL.
type Objects interface {
	Object(ctx context.Context, bucket, key string) ([]byte, error)
}

// Parameters reads the SSM parameter store, for template parameters of the AWS::SSM::Parameter::Value types. The error
// of a name that is not stored becomes part of the validation error.
type Parameters interface {
	Parameter(ctx context.Context, name string) (string, error)
}

// Service holds the stacks of the account. It is safe for concurrent use.
type Service struct {
	account    account.Account
	kinds      kinds
	objects    Objects
	parameters Parameters

	life    context.Context // of everything that outlives a request
	end     context.CancelCauseFunc
	running sync.WaitGroup // operations on stacks

	mu     sync.Mutex
	closed bool
	stacks []*stack          // in the order of their making, the deleted ones too
	byID   map[string]*stack // all of them
	byName map[string]*stack // those that are not deleted
}

// New makes a service without stacks, which manages resources of the given types, and custom resources through
// functions.
func New(
	acct account.Account, types resource.Types, objects Objects, parameters Parameters, functions CustomResources,
) *Service {
	life, end := context.WithCancelCause(context.Background())
	return &Service{
		account: acct, objects: objects, parameters: parameters, life: life, end: end,
		kinds: kinds{
			named: types, custom: customResources{account: acct, functions: functions},
		},
		byID: map[string]*stack{}, byName: map[string]*stack{},
	}
}

const namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/"

// Handler answers the requests signed for "cloudformation".
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
