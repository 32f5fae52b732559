package cloudformation

import (
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Needs says as what the calls of roles are authorised. Roles that deploy may do everything, so the others need only what functions
// read about their stack.
func (s *Service) Needs() map[string]gateway.Needs {
	needs := func(action string) gateway.Needs {
		return func(in gateway.Input) ([]gateway.Access, error) {
			return []gateway.Access{{Action: action, Resource: s.stackARN(in.Form.Get("StackName"))}}, nil
		}
	}
	return map[string]gateway.Needs{
		"DescribeStackEvents": needs("cloudformation:DescribeStackEvents"), "DescribeStacks": needs("cloudformation:DescribeStacks"),
	}
}

// stackARN is the ARN of a stack by its name or id. No name means all stacks, and a stack that does not exist has no id.
func (s *Service) stackARN(nameOrID string) string {
	if nameOrID == "" {
		return "*"
	}
	if strings.HasPrefix(nameOrID, "arn:") {
		return nameOrID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.byName[nameOrID]; st != nil {
		return st.id
	}
	return s.account.ARN("cloudformation", "stack/"+nameOrID+"/*")
}
