// Package resource is the contract between the CloudFormation engine and the services whose resources it manages. A
// service defines how each of its resource types is created, updated and deleted. The engine decides when.
package resource

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
)

// Types maps CloudFormation names, such as "AWS::DMS::Endpoint", to resource types.
type Types map[string]Type

// Merge joins the types of several services. It panics if two services define the same type.
func Merge(all ...Types) Types {
	merged := Types{}
	for _, types := range all {
		for name := range types {
			if _, twice := merged[name]; twice {
				panic("resource type registered twice: " + name)
			}
		}
		maps.Copy(merged, types)
	}
	return merged
}

// Type is one CloudFormation resource type. Create, Update and Delete block until the resource is stable, as
// CloudFormation does. Their error is a *gateway.Error or any other error; its text becomes the resource's status
// reason.
type Type struct {
	// CreateOnly lists the top-level properties that cannot change in place: a change makes a new resource (in the
	// schema, "Update requires: Replacement").
	CreateOnly []string
	Create     func(ctx context.Context, r Request) (Resource, error)
	// Update changes a resource in place. If it is nil, every change makes a new resource.
	Update func(ctx context.Context, r Request) (Resource, error)
	// Delete deletes a resource. It succeeds if the resource does not exist.
	Delete func(ctx context.Context, r Request) error
}

// Request is a request of the engine to a Type. The context carries the deploying principal.
type Request struct {
	StackName string
	StackID   string
	LogicalID string
	// Tags are the stack's own tags and CloudFormation's aws:cloudformation:* tags.
	Tags map[string]string
	// PhysicalID is the id that Create returned. It is empty for Create.
	PhysicalID string
	// Properties are the resolved properties, without intrinsic functions. For Delete they are the last applied
	// properties.
	Properties json.RawMessage
	// Previous are the last applied properties; nil for Create.
	Previous json.RawMessage
}

// Resource is an existing resource.
type Resource struct {
	// PhysicalID is the value of Ref.
	PhysicalID string
	// Attributes are the values of Fn::GetAtt, by attribute name.
	Attributes map[string]any
}

// Name makes the physical name that CloudFormation gives to an unnamed resource: STACK-LOGICAL-RANDOM, with at most
// limit characters.
func (r Request) Name(limit int) string {
	suffix := "-" + strings.ToUpper(rand.Text()[:12])
	stem := r.StackName + "-" + r.LogicalID
	if over := len(stem) + len(suffix) - limit; over > 0 {
		stem = strings.TrimRight(stem[:len(stem)-over], "-")
	}
	return stem + suffix
}
