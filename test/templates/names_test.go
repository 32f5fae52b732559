package templates

import (
	"fmt"
	"testing"

	"github.com/oralake/oralake/internal/contract"
)

// nameProperties are the properties by which a template gives a resource a name of its own, by resource type; a
// schedule's name lives in its group.
var nameProperties = map[string]string{
	"AWS::Events::Rule":                "Name",
	"AWS::SNS::Topic":                  "TopicName",
	"AWS::DMS::Endpoint":               "EndpointIdentifier",
	"AWS::DMS::ReplicationInstance":    "ReplicationInstanceIdentifier",
	"AWS::DMS::ReplicationSubnetGroup": "ReplicationSubnetGroupIdentifier",
	"AWS::DynamoDB::Table":             "TableName",
	"AWS::EC2::SecurityGroup":          "GroupName",
	"AWS::IAM::Role":                   "RoleName",
	"AWS::KMS::Alias":                  "AliasName",
	"AWS::Lambda::Function":            "FunctionName",
	"AWS::Logs::LogGroup":              "LogGroupName",
	"AWS::S3::Bucket":                  "BucketName",
	"AWS::SQS::Queue":                  "QueueName",
	"AWS::Scheduler::ScheduleGroup":    "Name",
	"AWS::StepFunctions::StateMachine": "StateMachineName",
}

// unnamed are the types that have no name, or none that anything else could have.
var unnamed = map[string]bool{
	"AWS::EC2::FlowLog": true, "AWS::EC2::RouteTable": true, "AWS::EC2::Subnet": true,
	"AWS::EC2::SubnetRouteTableAssociation": true, "AWS::EC2::VPC": true, "AWS::EC2::VPCEndpoint": true,
	"AWS::IAM::Policy": true, "AWS::KMS::Key": true, "AWS::S3::BucketPolicy": true, "AWS::SNS::TopicPolicy": true,
	"AWS::SNS::Subscription": true, "AWS::SQS::QueuePolicy": true,
	"AWS::Scheduler::Schedule": true, contract.JobType: true, contract.PreflightType: true,
}

// Two departments, or one department in two regions, live in one account: no two stacks give the same name, and no
// department names a thing of which an account, or the world, has only one.
func TestNamesNeverCollide(t *testing.T) {
	global := map[string]bool{"AWS::IAM::Role": true, "AWS::S3::Bucket": true}
	owner := map[string]string{}
	for stack, one := range world(t) {
		for id, r := range one.Resources {
			property, known := nameProperties[r.Type]
			if !known && !unnamed[r.Type] {
				t.Errorf("%s of %s: this test does not know how a %s gets its name", id, stack, r.Type)
			}
			value, given := r.Properties[property]
			if !given {
				continue
			}
			if stack == "oralake-account" {
				continue // What an account has once, it names.
			}
			if global[r.Type] {
				t.Errorf("%s of %s is named %v: a second region could not have it", id, stack, value)
			}
			name := fmt.Sprint(r.Type, " ", value)
			if other, taken := owner[name]; taken {
				t.Errorf("%s and %s both name %s", other, stack, name)
			}
			owner[name] = stack
		}
	}
}

// The schedules of a department are in its own group, where the names of jobs cannot meet another department's.
func TestSchedulesAreInTheirGroup(t *testing.T) {
	each(t, "AWS::Scheduler::Schedule", func(t *testing.T, r resource) {
		if at(t, r.Properties, "GroupName", "Ref") == nil {
			t.Errorf("group %v", r.Properties["GroupName"])
		}
	})
}

// The account's roles have the names that DMS looks for.
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
