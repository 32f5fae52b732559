// Package resource is the contract between the CloudFormation engine and the services whose resources it manages: a
// service says how each of its resource types is created, updated and deleted, and the engine decides when.
package resource

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
)

// Types holds resource types by their CloudFormation name, such as "AWS::DMS::Endpoint".
type Types map[string]Type

// Merge joins the types of several services; a type given twice is a mistake in the wiring and panics.
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
// CloudFormation does, and return a *gateway.Error or any error whose text becomes the resource's status reason.
type Type struct {
	// CreateOnly names the top-level properties whose change makes a new resource (the schema's "Update requires:
	// Replacement").
	CreateOnly []string
	Create     func(ctx context.Context, r Request) (Resource, error)
	// Update changes a resource in place; nil means that any change makes a new resource.
	Update func(ctx context.Context, r Request) (Resource, error)
	// Delete removes a resource. Deleting one that is already gone succeeds.
	Delete func(ctx context.Context, r Request) error
}

// Request is what the engine asks of a type. The context carries the deploying principal.
type Request struct {
	StackName string
	StackID   string
	LogicalID string
	// Tags are the stack's own tags and CloudFormation's aws:cloudformation:* ones.
	Tags map[string]string
	// PhysicalID is what Create returned; empty on Create.
	PhysicalID string
	// Properties are the resolved properties: no intrinsic functions are left. On Delete they are those last applied.
	Properties json.RawMessage
	// Previous are the properties last applied; nil on Create.
	Previous json.RawMessage
}

// Resource is a resource that now exists.
type Resource struct {
	// PhysicalID is what Ref returns.
	PhysicalID string
	// Attributes are what Fn::GetAtt returns, by attribute name.
	Attributes map[string]any
}

// Name makes the physical name that CloudFormation would give an unnamed resource: STACK-LOGICAL-RANDOM, at most
// limit characters.
func (r Request) Name(limit int) string {
	suffix := "-" + strings.ToUpper(rand.Text()[:12])
	stem := r.StackName + "-" + r.LogicalID
	if over := len(stem) + len(suffix) - limit; over > 0 {
		stem = strings.TrimRight(stem[:len(stem)-over], "-")
	}
	return stem + suffix
}
