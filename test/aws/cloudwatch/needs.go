package cloudwatch

import "github.com/oralake/oralake/test/aws/gateway"

// Needs says as what the calls of roles are authorised.
func (s *Service) Needs() map[string]gateway.Needs {
	return map[string]gateway.Needs{"GetMetricData": gateway.NeedsOne("cloudwatch:GetMetricData")}
}
