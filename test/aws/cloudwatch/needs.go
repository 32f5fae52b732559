package cloudwatch

import "github.com/oralake/oralake/test/aws/gateway"

// Needs says as what the calls of roles are authorised. Source: "Using condition keys to limit access to CloudWatch namespaces".
func (s *Service) Needs() map[string]gateway.Needs {
	return map[string]gateway.Needs{
		"GetMetricData": gateway.NeedsOne("cloudwatch:GetMetricData"),
		"PutMetricData": gateway.NeedsOf(func(in struct{ Namespace string }) []gateway.Access {
			return []gateway.Access{{
				Action: "cloudwatch:PutMetricData", Resource: "*",
				Keys: map[string][]string{"cloudwatch:namespace": {in.Namespace}},
			}}
		}),
	}
}
