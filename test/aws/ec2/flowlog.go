package ec2

import (
	"context"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

type flowLogProperties struct {
	ResourceID               string `json:"ResourceId"`
	ResourceType             string
	TrafficType              string
	LogDestinationType       string
	LogDestination           string
	LogGroupName             string
	LogFormat                string
	DeliverLogsPermissionARN string `json:"DeliverLogsPermissionArn"`
	MaxAggregationInterval   int
	Tags                     []tag
}

// createFlowLog makes a flow log. The flow log stays empty because no traffic flows.
func (s *Service) createFlowLog(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[flowLogProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	kind, ok := map[string]string{"VPC": "vpc", "Subnet": "subnet"}[p.ResourceType]
	if !ok {
		return resource.Resource{}, gateway.NotImplemented("flow logs of a " + p.ResourceType)
	}
	if p.TrafficType != "ALL" && p.TrafficType != "ACCEPT" && p.TrafficType != "REJECT" {
		return resource.Resource{}, gateway.Errorf("InvalidParameter",
			"TrafficType of %s is %q, want ALL, ACCEPT or REJECT", r.LogicalID, p.TrafficType)
	}
	if p.LogDestinationType != "s3" && p.DeliverLogsPermissionARN == "" {
		return resource.Resource{}, gateway.Errorf("InvalidParameter",
			"%s writes to CloudWatch Logs but has no DeliverLogsPermissionArn: add one", r.LogicalID)
	}
	if p.LogDestination == "" && p.LogGroupName == "" {
		return resource.Resource{}, gateway.Errorf("MissingParameter", "a flow log needs a LogDestination or a LogGroupName")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.need(kind, p.ResourceID)
	if err != nil {
		return resource.Resource{}, err
	}
	// A flow log is deleted with its VPC, so it does not stop a delete.
	id := s.add(part{kind: "fl", vpc: t.vpc, undelivered: s.deliveryProblem(p)})
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

// deliveryProblem is the DeliverLogsErrorMessage of a flow log, or "". A flow log whose role may not write is made all the same. The
// actions are those of "IAM role for publishing flow logs to CloudWatch Logs" of the VPC user guide, but the one that makes log groups.
func (s *Service) deliveryProblem(p flowLogProperties) string {
	if p.DeliverLogsPermissionARN == "" {
		return ""
	}
	needs := gateway.Everywhere("logs:DescribeLogGroups")
	for _, action := range []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"} {
		needs = append(needs, gateway.Access{
			Action: action, Resource: s.acct.ARN("logs", "log-group:"+p.LogGroupName+":log-stream:eni-0"),
		})
	}
	if s.may.Ask(p.DeliverLogsPermissionARN, "flow-logs", needs...) != nil {
		return "Access error"
	}
	return ""
}
