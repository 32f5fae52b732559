package stepfunctions

import "github.com/oralake/oralake/test/aws/gateway"

// Needs says as what the calls of roles are authorised.
func (s *Service) Needs() map[string]gateway.Needs {
	machine := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in struct {
			ARN string `json:"stateMachineArn"`
		},
		) []gateway.Access {
			return []gateway.Access{{Action: action, Resource: in.ARN}}
		})
	}
	execution := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in executionIn) []gateway.Access { return []gateway.Access{{Action: action, Resource: in.ARN}} })
	}
	return map[string]gateway.Needs{
		"DescribeExecution":    execution("states:DescribeExecution"),
		"DescribeStateMachine": machine("states:DescribeStateMachine"),
		"GetExecutionHistory":  execution("states:GetExecutionHistory"),
		"ListExecutions":       machine("states:ListExecutions"),
		"ListStateMachines":    gateway.NeedsOne("states:ListStateMachines"),
		"StartExecution":       machine("states:StartExecution"),
		"StopExecution":        execution("states:StopExecution"),
	}
}
