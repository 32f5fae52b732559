package resource

import (
	"context"
	"encoding/json"

	"github.com/oralake/oralake/test/aws/gateway"
)

// PolicyType makes a resource type whose policy document applies to several targets, such as the queues of an
// AWS::SQS::QueuePolicy. P are its properties; read returns their targets and document. set removes the policy from the
// targets that had it before and sets the document on the targets that have it now. If one of the new targets does not
// exist, set fails and changes nothing.
func PolicyType[P any](
	read func(P) (things []string, document json.RawMessage), set func(before, now []string, document string) error,
) Type {
	put := func(r Request, id string, before []string) (Resource, error) {
		p, err := Decode[P](r)
		if err != nil {
			return Resource{}, err
		}
		now, document := read(p)
		var policy struct{ Statement json.RawMessage }
		if err := json.Unmarshal(document, &policy); err != nil || len(policy.Statement) == 0 {
			return Resource{}, gateway.Errorf("InvalidAttributeValue", "the PolicyDocument of %s has no Statement", r.LogicalID)
		}
		if err := set(before, now, string(document)); err != nil {
			return Resource{}, err
		}
		return Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
	}
	return Type{
		Create: func(_ context.Context, r Request) (Resource, error) { return put(r, r.Name(128), nil) },
		Update: func(_ context.Context, r Request) (Resource, error) {
			p, err := DecodePrevious[P](r)
			if err != nil {
				return Resource{}, err
			}
			before, _ := read(p)
			return put(r, r.PhysicalID, before)
		},
		Delete: func(_ context.Context, r Request) error {
			p, err := Decode[P](r)
			if err != nil {
				return err
			}
			before, _ := read(p)
			return set(before, nil, "")
		},
	}
}
