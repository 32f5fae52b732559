package lambda

import (
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// mayLog reports whether Lambda may write a function's log to a stream: without the permissions there is no log, and the function runs
// ("Defining Lambda function permissions with an execution role" of the developer guide).
func (s *Service) mayLog(d *deployed, stream string) bool {
	resource := s.account.ARN("logs", "log-group:"+d.logging.Group+":log-stream:"+stream)
	return s.options.May.Ask(d.role, d.name,
		gateway.Access{Action: "logs:CreateLogStream", Resource: resource},
		gateway.Access{Action: "logs:PutLogEvents", Resource: resource},
	) == nil
}

// trace sends the trace of an invocation to X-Ray. Lambda needs both permissions ("Visualize Lambda function invocations using AWS
// X-Ray", "Execution role permissions"); without them there is no trace.
func (s *Service) trace(d *deployed) {
	if d.activeTracing && s.options.Traced != nil &&
		s.options.May.Ask(d.role, d.name, gateway.Everywhere("xray:PutTraceSegments", "xray:PutTelemetryRecords")...) == nil {
		s.options.Traced(d.name)
	}
}

// checkNetwork refuses a function in a VPC whose role does not let Lambda make network interfaces. The actions are those of
// "Execution role permissions" of the page about functions in a VPC; the message is that of an execution role without one.
func (s *Service) checkNetwork(p *functionProperties, d *deployed) error {
	if p.VpcConfig == nil || len(p.VpcConfig.SubnetIds) == 0 {
		return nil
	}
	anyInterface := s.account.ARN("ec2", "network-interface/*")
	needs := gateway.Everywhere("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")
	for _, action := range []string{"CreateNetworkInterface", "DeleteNetworkInterface", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"} {
		needs = append(needs, gateway.Access{Action: "ec2:" + action, Resource: anyInterface})
	}
	for _, id := range p.VpcConfig.SubnetIds {
		needs = append(needs, gateway.Access{Action: "ec2:CreateNetworkInterface", Resource: s.account.ARN("ec2", "subnet/"+id)})
	}
	for _, id := range p.VpcConfig.SecurityGroupIds {
		needs = append(needs, gateway.Access{Action: "ec2:CreateNetworkInterface", Resource: s.account.ARN("ec2", "security-group/"+id)})
	}
	for _, a := range slices.Clip(needs) {
		if err := s.options.May.Ask(d.role, d.name, a); err != nil {
			return invalid("The provided execution role does not have permissions to call %s on EC2", strings.TrimPrefix(a.Action, "ec2:"))
		}
	}
	return nil
}
