package stepfunctions

import (
	"net/http"

	"github.com/oralake/oralake/test/aws/gateway"
)

// logDelivery are the actions with which Step Functions sets up the log of a state machine in its role's name. Source: "IAM Policies
// for logging to CloudWatch Logs" of the developer guide.
var logDelivery = gateway.Everywhere(
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
	"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
)

// tracing are the actions of a state machine's role for X-Ray. Source: "IAM policies" of "Trace Step Functions request data in AWS
// X-Ray" of the developer guide.
var tracing = gateway.Everywhere(
	"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
)

// checkLogging refuses a state machine whose role may not deliver its log: CreateStateMachine then fails with this message
// (aws-cdk issue 13399).
func (s *Service) checkLogging(rev revision) error {
	if rev.logging.Level == "OFF" {
		return nil
	}
	if err := s.may.Ask(rev.roleARN, "logging", logDelivery...); err != nil {
		return &gateway.Error{
			Code: "AccessDeniedException", Status: http.StatusBadRequest,
			Message: "The state machine IAM Role is not authorized to access the Log Destination: " + err.Error(),
		}
	}
	return nil
}

// sendTrace sends the trace of an ended execution. Without one of the permissions there is no trace.
func (e *execution) sendTrace(s *Service) {
	if e.revision.tracing.Enabled && s.traced != nil && s.may.Ask(e.revision.roleARN, e.session(), tracing...) == nil {
		s.traced(e.machine.name)
	}
}
