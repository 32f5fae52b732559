package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
)

// each calls check for every resource of a type in every department's stack, and fails if one of them has none.
func each(t *testing.T, resourceType string, check func(t *testing.T, r resource)) {
	t.Helper()
	for stack, one := range departmentStacks(t) {
		found := false
		for id, r := range one.Resources {
			if r.Type == resourceType {
				found = true
				t.Run(stack+"/"+id, func(t *testing.T) { check(t, r) })
			}
		}
		if !found {
			t.Errorf("%s has no %s", stack, resourceType)
		}
	}
}

// has checks that the resource has all wanted properties. It may have others.
func (r resource) has(t *testing.T, want map[string]any) {
	t.Helper()
	got := map[string]any{}
	for name := range want {
		got[name] = r.Properties[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", r.Type, diff)
	}
}

// stays checks that the resource is retained when its stack is deleted or the resource is replaced.
func (r resource) stays(t *testing.T) {
	t.Helper()
	if r.DeletionPolicy != "RetainExceptOnCreate" || r.UpdateReplacePolicy != "Retain" {
		t.Errorf("%s: DeletionPolicy %q, UpdateReplacePolicy %q: a deletion would delete data",
			r.Type, r.DeletionPolicy, r.UpdateReplacePolicy)
	}
}

// The lake has confidential data of departments.
func TestLakeIsPrivateEncryptedAndStays(t *testing.T) {
	each(t, "AWS::S3::Bucket", func(t *testing.T, r resource) {
		r.stays(t)
		r.has(t, map[string]any{
			"PublicAccessBlockConfiguration": map[string]any{
				"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
			},
			"OwnershipControls": map[string]any{
				"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}},
			},
			// Versioning would keep every file that a full load replaces.
			"VersioningConfiguration": nil,
		})
		rule := at(t, r.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration", 0)
		if got := at(t, rule, "ServerSideEncryptionByDefault", "SSEAlgorithm"); got != "aws:kms" {
			t.Errorf("encryption %v, want aws:kms", got)
		}
		if got := at(t, rule, "BucketKeyEnabled"); got != true {
			t.Error("without a bucket key every object needs a call to KMS")
		}
	})
}

// A read or a write without TLS is refused, also after the deletion of the stack.
func TestLakeAndQueueAreTLSOnly(t *testing.T) {
	check := func(t *testing.T, r resource) {
		statement := at(t, r.Properties, "PolicyDocument", "Statement", 0)
		want := map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}
		if diff := cmp.Diff(want, at(t, statement, "Condition")); diff != "" {
			t.Errorf("condition (-want +got):\n%s", diff)
		}
		if got := at(t, statement, "Effect"); got != "Deny" {
			t.Errorf("effect %v, want Deny", got)
		}
	}
	each(t, "AWS::S3::BucketPolicy", func(t *testing.T, r resource) { check(t, r); r.stays(t) })
	each(t, "AWS::SQS::QueuePolicy", check)
}

// Without its key the lake cannot be read. Without the records the results of runs are lost.
func TestKeyAndRecordsStay(t *testing.T) {
	each(t, "AWS::KMS::Key", func(t *testing.T, r resource) {
		r.stays(t)
		r.has(t, map[string]any{"EnableKeyRotation": true})
	})
	each(t, "AWS::DynamoDB::Table", func(t *testing.T, r resource) {
		r.stays(t)
		r.has(t, map[string]any{
			"BillingMode":                      "PAY_PER_REQUEST",
			"PointInTimeRecoverySpecification": map[string]any{"PointInTimeRecoveryEnabled": true},
			"TimeToLiveSpecification":          map[string]any{"AttributeName": "expiresAt", "Enabled": true},
			"KeySchema": []any{
				map[string]any{"AttributeName": "pk", "KeyType": "HASH"},
				map[string]any{"AttributeName": "sk", "KeyType": "RANGE"},
			},
		})
		encryption := at(t, r.Properties, "SSESpecification")
		if at(t, encryption, "SSEEnabled") != true || at(t, encryption, "KMSMasterKeyId") == nil {
			t.Errorf("encryption %v: the records do not use the department's key", encryption)
		}
	})
}

// A deletion retains only the data.
func TestNothingElseStays(t *testing.T) {
	want := []string{"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"}
	for stack, one := range departmentStacks(t) {
		var got []string
		for _, r := range one.Resources {
			if strings.HasPrefix(r.DeletionPolicy, "Retain") {
				got = append(got, r.Type)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s keeps (-want +got):\n%s", stack, diff)
		}
	}
}

// Sources: Security Hub DMS.1 and DMS.6. DMS.6 wants automatic minor upgrades, which do not go together with a version that the
// file names: DMS refuses to go back to it. So only a deploy upgrades. The instance's disk has rows of running tasks.
func TestReplicationInstanceIsPrivateAndEncrypted(t *testing.T) {
	each(t, "AWS::DMS::ReplicationInstance", func(t *testing.T, r resource) {
		r.has(t, map[string]any{"PubliclyAccessible": false, "AutoMinorVersionUpgrade": false, "AllowMajorVersionUpgrade": true})
		if r.Properties["KmsKeyId"] == nil {
			t.Error("the instance's storage does not use the department's key")
		}
	})
}

// A log without a retention is kept and paid for without end.
func TestEveryLogGroupHasARetention(t *testing.T) {
	each(t, "AWS::Logs::LogGroup", func(t *testing.T, r resource) {
		if days, ok := r.Properties["RetentionInDays"].(float64); !ok || days <= 0 {
			t.Errorf("retention %v", r.Properties["RetentionInDays"])
		}
		if r.DeletionPolicy != "Delete" {
			t.Errorf("DeletionPolicy %q: the log would stay after its stack", r.DeletionPolicy)
		}
	})
}

// With encryptLogs every log group uses the department's key, which CloudWatch Logs may use for log groups of this account only.
func TestLogsAreEncryptedOnRequest(t *testing.T) {
	for stack, want := range map[string]bool{"oralake-finance": true, "oralake-sales": false} {
		for id, r := range world(t)[stack].Resources {
			switch r.Type {
			case "AWS::Logs::LogGroup":
				if got := r.Properties["KmsKeyId"] != nil; got != want {
					t.Errorf("%s of %s has a key: %v, want %v", id, stack, got, want)
				}
			case "AWS::KMS::Key":
				statements, _ := at(t, r.Properties, "KeyPolicy", "Statement").([]any)
				at := slices.IndexFunc(statements, func(s any) bool { return s.(map[string]any)["Sid"] == "Logs" })
				if got := at >= 0; got != want {
					t.Errorf("the key of %s has a statement for logs: %v, want %v", stack, got, want)
				} else if got && !strings.Contains(fmt.Sprint(statements[at].(map[string]any)["Condition"]), "kms:EncryptionContext:aws:logs:arn") {
					t.Errorf("the key of %s serves any log group: %v", stack, statements[at])
				}
			}
		}
	}
}

// The CDK adds its own Lambda functions for some constructs. No stack may have one.
func TestOnlyOurFunctions(t *testing.T) {
	for stack, one := range world(t) {
		functions := 0
		for id, r := range one.Resources {
			switch {
			case r.Type == "AWS::Lambda::Function":
				functions++
				r.has(t, map[string]any{
					"Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": []any{"x86_64"},
					"TracingConfig": map[string]any{"Mode": "Active"},
				})
			case r.Type == contract.JobType, r.Type == contract.PreflightType, r.Type == contract.ConnectionsType: // their functions are in contract.Functions
			case r.Type == "AWS::CDK::Metadata", strings.HasPrefix(r.Type, "Custom::"),
				r.Type == "AWS::CloudFormation::CustomResource":
				t.Errorf("%s has %s (%s)", stack, id, r.Type)
			}
		}
		want := len(contract.Functions) // one of each
		switch stack {
		case "oralake-account":
			want = 0
		case "oralake-checked":
			want++ // the check function
		}
		if functions != want {
			t.Errorf("%s has %d functions, want %d", stack, functions, want)
		}
	}
}

// Cost reports and policies use these tags.
func TestEverythingIsTagged(t *testing.T) {
	// CloudFormation does not support tags for these types.
	untaggable := []string{
		"AWS::EC2::SubnetRouteTableAssociation", "AWS::IAM::Policy", "AWS::Logs::QueryDefinition", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy",
		"AWS::Scheduler::Schedule", contract.JobType, contract.PreflightType, contract.ConnectionsType,
		"AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::Glue::Database",
	}
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			if slices.Contains(untaggable, r.Type) {
				continue
			}
			tags := map[string]any{}
			list, _ := r.Properties["Tags"].([]any)
			for _, tag := range list {
				tags[at(t, tag, "Key").(string)] = at(t, tag, "Value")
			}
			delete(tags, "Name")
			want := map[string]any{"oralake:department": stack[len("oralake-"):], "oralake:stack": stack}
			if diff := cmp.Diff(want, tags); diff != "" {
				t.Errorf("%s of %s (%s) has tags (-want +got):\n%s", id, stack, r.Type, diff)
			}
		}
	}
}

// The outputs have the names that people, scripts and tests need.
func TestOutputs(t *testing.T) {
	want := []string{
		"AlertTopicArn", "Connections", "DeadLetterQueueUrl", "FunctionLogGroups", "LakeBucket", "ManifestLocation",
		"ReplicationInstanceArn", "ScheduleGroup", "SecurityGroupIds", "StateMachineArn", "StatsTable", "TaskLogGroup",
		"Version", "VpcId", "WorkflowLogGroup",
	}
	for stack, one := range departmentStacks(t) {
		want := slices.Clone(want)
		if stack != "oralake-archive" { // catalog: off
			want = slices.Insert(want, 1, "CatalogDatabase")
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(one.Outputs))); diff != "" {
			t.Errorf("outputs of %s (-want +got):\n%s", stack, diff)
		}
	}
}

// at returns the value at a path of keys and indexes in a document.
func at(t *testing.T, document any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch where := document.(type) {
		case map[string]any:
			document = where[step.(string)]
		case []any:
			index := step.(int)
			if index >= len(where) {
				t.Fatalf("no element %d in %v", index, where)
			}
			document = where[index]
		default:
			t.Fatalf("no %v in %v", step, document)
		}
	}
	return document
}
