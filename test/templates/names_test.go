package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/contract"
)

// nameProperties has the property with the name of a resource, by resource type. A schedule's name is unique in its group.
var nameProperties = map[string]string{
	"AWS::CloudWatch::Alarm":           "AlarmName",
	"AWS::CloudWatch::CompositeAlarm":  "AlarmName",
	"AWS::CloudWatch::Dashboard":       "DashboardName",
	"AWS::Events::Rule":                "Name",
	"AWS::SNS::Topic":                  "TopicName",
	"AWS::DMS::Endpoint":               "EndpointIdentifier",
	"AWS::DMS::ReplicationInstance":    "ReplicationInstanceIdentifier",
	"AWS::DMS::ReplicationSubnetGroup": "ReplicationSubnetGroupIdentifier",
	"AWS::DynamoDB::Table":             "TableName",
	"AWS::EC2::SecurityGroup":          "GroupName",
	"AWS::Glue::Database":              "DatabaseInput", // its member Name
	"AWS::IAM::Role":                   "RoleName",
	"AWS::KMS::Alias":                  "AliasName",
	"AWS::Lambda::Function":            "FunctionName",
	"AWS::Logs::LogGroup":              "LogGroupName",
	"AWS::S3::Bucket":                  "BucketName",
	"AWS::SQS::Queue":                  "QueueName",
	"AWS::Scheduler::ScheduleGroup":    "Name",
	"AWS::StepFunctions::StateMachine": "StateMachineName",
}

// unnamed are the types without a name, or with a name that no other resource can have.
var unnamed = map[string]bool{
	"AWS::EC2::FlowLog": true, "AWS::EC2::RouteTable": true, "AWS::EC2::Subnet": true,
	"AWS::EC2::SubnetRouteTableAssociation": true, "AWS::EC2::VPC": true, "AWS::EC2::VPCEndpoint": true,
	"AWS::Logs::QueryDefinition": true,
	"AWS::IAM::Policy":           true, "AWS::KMS::Key": true, "AWS::S3::BucketPolicy": true, "AWS::SNS::TopicPolicy": true,
	"AWS::SNS::Subscription": true, "AWS::SQS::QueuePolicy": true,
	"AWS::Scheduler::Schedule": true, contract.JobType: true, contract.PreflightType: true, contract.ConnectionsType: true,
}

// One account may have two departments, or one department in two regions. So no two stacks use the same name, and no stack
// of a department gives a name to a resource whose name must be unique in the account or in AWS.
func TestNamesNeverCollide(t *testing.T) {
	global := map[string]bool{"AWS::IAM::Role": true, "AWS::S3::Bucket": true}
	owner := map[string]string{}
	for stack, one := range world(t) {
		for id, r := range one.Resources {
			property, known := nameProperties[r.Type]
			if !known && !unnamed[r.Type] {
				t.Errorf("%s of %s: this test does not know the name property of %s", id, stack, r.Type)
			}
			value, given := r.Properties[property]
			if !given {
				continue
			}
			if input, nested := value.(map[string]any); nested && r.Type == "AWS::Glue::Database" {
				value = input["Name"]
			}
			// Dashboards have no region.
			if r.Type == "AWS::CloudWatch::Dashboard" && !strings.Contains(fmt.Sprint(value), "AWS::Region") {
				t.Errorf("%s of %s is named %v: a second region cannot use that name", id, stack, value)
			}
			if stack == "oralake-account" {
				continue // The account stack exists once, so it may use such names.
			}
			if global[r.Type] {
				t.Errorf("%s of %s is named %v: a second region cannot use that name", id, stack, value)
			}
			name := fmt.Sprint(r.Type, " ", value)
			if other, taken := owner[name]; taken {
				t.Errorf("%s and %s both name %s", other, stack, name)
			}
			owner[name] = stack
		}
	}
}

// The schedules of a department are in its own group, so that job names do not collide with another department's.
func TestSchedulesAreInTheirGroup(t *testing.T) {
	each(t, "AWS::Scheduler::Schedule", func(t *testing.T, r resource) {
		if at(t, r.Properties, "GroupName", "Ref") == nil {
			t.Errorf("group %v", r.Properties["GroupName"])
		}
	})
}

// The roles of the account stack have the names that DMS requires.
func TestAccountRoles(t *testing.T) {
	names := map[any]bool{}
	for _, r := range world(t)["oralake-account"].Resources {
		names[r.Properties["RoleName"]] = true
	}
	for _, want := range []string{"dms-vpc-role", "dms-cloudwatch-logs-role"} {
		if !names[want] {
			t.Errorf("no role %s, only %v", want, names)
		}
	}
}
