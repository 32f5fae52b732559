package templates

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// permission is one Allow statement of a role.
type permission struct {
	role      string // logical id
	Effect    string
	Sid       string
	Action    []string
	Resource  []any
	Condition map[string]map[string]any
}

// permissions returns all permissions of a stack's roles.
func permissions(t *testing.T, one template) (all []permission) {
	t.Helper()
	type document struct{ Statement []permission }
	add := func(id string, source any) {
		encoded, err := json.Marshal(source)
		if err != nil {
			t.Fatal(err)
		}
		var d document
		// The types are strict: a single action must be a list, too, so that no action is missed.
		if err := json.Unmarshal(encoded, &d); err != nil {
			t.Fatalf("policy of %s: %v", id, err)
		}
		for _, p := range d.Statement {
			if p.Effect != "Allow" {
				continue
			}
			p.role = id
			all = append(all, p)
		}
	}
	for id, r := range one.Resources {
		switch r.Type {
		case "AWS::IAM::Policy":
			for _, role := range r.Properties["Roles"].([]any) {
				add(at(t, role, "Ref").(string), r.Properties["PolicyDocument"])
			}
		case "AWS::IAM::Role":
			policies, _ := r.Properties["Policies"].([]any)
			for _, policy := range policies {
				add(id, at(t, policy, "PolicyDocument"))
			}
		}
	}
	return all
}

// everywhere has the actions that may have the resource "*", with the reason: AWS allows no other resource for them.
var everywhere = map[string]string{
	"dms:DescribeReplicationTasks":     "a list",
	"dms:DescribeCertificates":         "a list",
	"dms:DescribeConnections":          "a list",
	"dms:DescribeReplicationInstances": "a list",
	"dms:DescribeEvents":               "a list",
	"xray:PutTraceSegments":            "X-Ray has no resources for these",
	"xray:PutTelemetryRecords":         "X-Ray has no resources for these",
	"xray:GetSamplingRules":            "X-Ray has no resources for these",
	"xray:GetSamplingTargets":          "X-Ray has no resources for these",
	"logs:CreateLogDelivery":           "log deliveries of Step Functions",
	"logs:GetLogDelivery":              "log deliveries of Step Functions",
	"logs:UpdateLogDelivery":           "log deliveries of Step Functions",
	"logs:DeleteLogDelivery":           "log deliveries of Step Functions",
	"logs:ListLogDeliveries":           "log deliveries of Step Functions",
	"logs:PutResourcePolicy":           "log deliveries of Step Functions",
	"logs:DescribeResourcePolicies":    "log deliveries of Step Functions",
	"logs:DescribeLogGroups":           "log deliveries of Step Functions",
	"cloudwatch:GetMetricData":         "metrics have no resources",
	"cloudwatch:PutMetricData":         "metrics have no resources; a condition limits the namespace",

	"ec2:CreateNetworkInterface":     "Lambda names the interfaces of a function in a VPC",
	"ec2:DescribeNetworkInterfaces":  "Lambda names the interfaces of a function in a VPC",
	"ec2:DescribeSubnets":            "Lambda names the interfaces of a function in a VPC",
	"ec2:DeleteNetworkInterface":     "Lambda names the interfaces of a function in a VPC",
	"ec2:AssignPrivateIpAddresses":   "Lambda names the interfaces of a function in a VPC",
	"ec2:UnassignPrivateIpAddresses": "Lambda names the interfaces of a function in a VPC",
}

// A leaked credential of one function allows only what that function needs.
func TestLeastPrivilege(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		for _, p := range permissions(t, one) {
			for _, action := range p.Action {
				if strings.Contains(action, "*") {
					t.Errorf("%s: %s may do %s", stack, p.role, action)
				}
				if slices.Contains(p.Resource, any("*")) && everywhere[action] == "" {
					t.Errorf("%s: %s may do %s on every resource", stack, p.role, action)
				}
			}
		}
	}
}

// A department's functions must not touch the replication tasks of another.
func TestTasksAreReachedByTag(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		own := map[string]any{"aws:ResourceTag/oralake:stack": stack}
		for _, p := range permissions(t, one) {
			if !wildcardOf(p.Resource, ":task:*") {
				continue
			}
			want := map[string]map[string]any{"StringEquals": own}
			switch {
			case slices.Contains(p.Action, "dms:ListTagsForResource"):
				want = nil // It reads the owner of a task.
			case slices.Contains(p.Action, "dms:AddTagsToResource"):
				// A function must not take over another department's task, or a task without tags, by tagging it.
				want = map[string]map[string]any{"StringEquals": {
					"aws:RequestTag/oralake:stack": stack, "aws:ResourceTag/oralake:stack": stack,
				}}
			}
			if diff := cmp.Diff(want, p.Condition); diff != "" {
				t.Errorf("%s: %s, %v (-want +got):\n%s", stack, p.role, p.Action, diff)
			}
		}
	}
}

// Each function has only the permissions of its one purpose.
func TestWhatFunctionsMayDo(t *testing.T) {
	every := []string{
		"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
	}
	want := map[string][]string{
		"FunctionsPrepareRole": {
			"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt", "kms:GenerateDataKey",
			"s3:GetObject", "sns:Publish", "states:DescribeExecution",
		},
		"FunctionsCreateRole": {
			"dms:AddTagsToResource", "dms:CreateReplicationTask", "dms:DeleteReplicationTask", "dms:DescribeConnections",
			"dms:DescribeReplicationTasks", "dms:ListTagsForResource", "dms:StopReplicationTask", "dms:TestConnection",
			"dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt",
			"kms:GenerateDataKey", "s3:GetObject", "s3:PutObject",
		},
		"FunctionsReconcileRole": {
			"dms:AddTagsToResource", "dms:CreateReplicationTask", "dms:DeleteReplicationTask", "dms:DescribeConnections",
			"dms:DescribeEvents", "dms:DescribeReplicationInstances",
			"dms:DescribeReplicationTasks", "dms:DescribeTableStatistics", "dms:ListTagsForResource", "dms:ModifyReplicationTask",
			"dms:ReloadTables", "dms:StopReplicationTask", "dms:TestConnection", "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem",
			"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt", "kms:GenerateDataKey",
			"s3:GetObject", "s3:ListBucket", "s3:PutObject",
		},
		"FunctionsStartRole": {
			"dms:DescribeReplicationTasks", "dms:ListTagsForResource", "dms:StartReplicationTask", "dms:StopReplicationTask",
			"dynamodb:GetItem",
		},
		"FunctionsPollRole": {
			"dms:DescribeConnections", "dms:DescribeEvents", "dms:DescribeReplicationInstances", "dms:DescribeReplicationTasks",
		},
		"FunctionsVerifyRole": {
			"dms:DescribeReplicationTasks", "dms:DescribeTableStatistics", "kms:Decrypt", "s3:GetObject", "s3:ListBucket",
		},
		"FunctionsRecordRole": {
			"cloudwatch:GetMetricData", "dms:DescribeReplicationTasks", "dms:DescribeTableStatistics", "dynamodb:BatchGetItem",
			"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt",
			"kms:GenerateDataKey", "s3:GetObject", "s3:ListBucket", "sns:Publish",
		},
		"FunctionsPublishRole": {
			"dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
			"dynamodb:Query", "kms:Decrypt", "kms:GenerateDataKey", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
		},
		"FunctionsDeleteRole": {
			"dms:DeleteReplicationTask", "dms:DescribeReplicationTasks", "dms:ListTagsForResource", "dms:StopReplicationTask",
			"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
		},
		"FunctionsOrphansRole": {
			"cloudwatch:GetMetricData", "cloudwatch:PutMetricData", "dms:DescribeReplicationTasks", "dms:ListTagsForResource", "dynamodb:GetItem",
			"dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt", "s3:GetObject", "states:DescribeExecution", "states:ListExecutions",
			"states:StartExecution",
		},
		"CleanupRole": {
			"cloudformation:DescribeStacks", "dms:DeleteReplicationTask", "dms:DescribeConnections", "dms:DescribeReplicationTasks",
			"dms:ListTagsForResource", "dms:StopReplicationTask", "dms:TestConnection", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
			"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt", "kms:GenerateDataKey", "lambda:InvokeFunction",
			"sns:Publish", "states:DescribeExecution", "states:GetExecutionHistory", "states:ListExecutions", "states:StartExecution",
			"states:StopExecution",
		},
		"PreflightRole": {
			"cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks", "dms:DeleteReplicationTask",
			"dms:DescribeReplicationInstances", "dms:DescribeReplicationTasks", "dms:ListTagsForResource", "dms:StopReplicationTask",
			"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "lambda:InvokeFunction",
		},
	}
	for prefix := range want {
		want[prefix] = append(want[prefix], every...)
		slices.Sort(want[prefix])
	}
	for stack, one := range departmentStacks(t) {
		want := maps.Clone(want)
		if stack != "oralake-archive" { // catalog: off
			for prefix, more := range map[string][]string{
				"FunctionsPublishRole": {"glue:CreateTable", "glue:GetTable", "glue:UpdateTable"},
				"FunctionsOrphansRole": {"glue:DeleteTable", "glue:GetTables"},
			} {
				want[prefix] = append(slices.Clone(want[prefix]), more...)
				slices.Sort(want[prefix])
			}
		}
		if stack == "oralake-checked" {
			for prefix, more := range map[string][]string{
				"FunctionsPrepareRole": {"s3:PutObject"},
				"FunctionsVerifyRole":  {"kms:GenerateDataKey", "s3:PutObject"},
				"FunctionsCheckRole": append([]string{
					"dms:DescribeCertificates", "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
					"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses", "kms:Decrypt",
					"kms:GenerateDataKey", "s3:GetObject", "s3:PutObject", "secretsmanager:GetSecretValue",
				}, every...),
			} {
				want[prefix] = append(slices.Clone(want[prefix]), more...)
				slices.Sort(want[prefix])
			}
		}
		got := map[string][]string{}
		for _, p := range permissions(t, one) {
			if strings.HasPrefix(p.role, "Functions") || strings.HasPrefix(p.role, "Cleanup") ||
				strings.HasPrefix(p.role, "Preflight") {
				prefix := p.role[:len(p.role)-len("2EAE2B84")]
				got[prefix] = append(got[prefix], p.Action...)
			}
		}
		for prefix := range got {
			slices.Sort(got[prefix])
			got[prefix] = slices.Compact(got[prefix])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("functions of %s may do (-want +got):\n%s", stack, diff)
		}
	}
}

// Only the service that needs a role can assume it. No role trusts an account or "*".
func TestRolesTrustServicesOnly(t *testing.T) {
	for stack, one := range world(t) {
		for id, r := range one.Resources {
			if r.Type != "AWS::IAM::Role" {
				continue
			}
			principal := at(t, r.Properties, "AssumeRolePolicyDocument", "Statement", 0, "Principal").(map[string]any)
			if len(principal) != 1 || principal["Service"] == nil {
				t.Errorf("%s of %s trusts %v", id, stack, principal)
			}
		}
	}
}

// wildcardOf reports whether one of the resources is a joined ARN that ends with suffix.
func wildcardOf(resources []any, suffix string) bool {
	return slices.ContainsFunc(resources, func(r any) bool {
		reference, _ := r.(map[string]any)
		join, ok := reference["Fn::Join"].([]any)
		if !ok {
			return false
		}
		parts := join[1].([]any)
		last, ok := parts[len(parts)-1].(string)
		return ok && strings.HasSuffix(last, suffix)
	})
}

// DMS cannot delete files of tables through the endpoint of cdc tasks. It can through the endpoint of tasks that load tables into
// the same folder: a load replaces the files there.
func TestChangesCannotBeDeleted(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		roleOf := func(prefix string) map[string]any {
			for id, r := range one.Resources {
				if r.Type == "AWS::DMS::Endpoint" && id[:len(id)-len("2EAE2B84")] == prefix {
					return one.Resources[at(t, r.Properties, "S3Settings", "ServiceAccessRoleArn", "Fn::GetAtt", 0).(string)].Properties
				}
			}
			t.Fatalf("%s has no endpoint %s", stack, prefix)
			return nil
		}
		denied := func(role map[string]any) (resources []any) {
			for _, s := range at(t, role, "Policies", 0, "PolicyDocument", "Statement").([]any) {
				if at(t, s, "Effect") == "Deny" && slices.Contains(at(t, s, "Action").([]any), any("s3:DeleteObject")) {
					resources = append(resources, at(t, s, "Resource").([]any)...)
				}
			}
			return resources
		}
		if got := denied(roleOf("EndpointsCDCOnly")); len(got) != 1 || !wildcardOf(got, "/cdc/*/*/*") {
			t.Errorf("%s: the endpoint of cdc tasks may not delete %v, want /cdc/*/*/*", stack, got)
		}
		for _, prefix := range []string{"EndpointsCDC", "EndpointsFull"} {
			if got := denied(roleOf(prefix)); len(got) != 0 {
				t.Errorf("%s: the endpoint %s may not delete %v, and its loads replace files", stack, prefix, got)
			}
		}
	}
}
