package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// retainedData has the resources that stay after `cdk destroy`: the lake, its key and the table of the records.
type retainedData struct {
	Key    keyHandle
	Bucket awss3.CfnBucket
	Stats  awsdynamodb.CfnTable
}

// keyHandle is the KMS key of the department: one of this stack, or one that the file names.
type keyHandle struct{ arn *string }

// AttrArn returns the ARN of the key.
func (k keyHandle) AttrArn() *string { return k.arn }

// newData adds the retained resources. documentDays is the number of days for which the lake keeps run documents.
func newData(parent constructs.Construct, d *department.Department, stackName string, documentDays int) retainedData {
	scope := constructs.NewConstruct(parent, new("Data"))
	key := keyHandle{&d.KeyARN}
	if d.KeyARN == "" {
		key.arn = newKey(scope, d, stackName).AttrArn()
	}
	return retainedData{Key: key, Bucket: newLake(scope, key, documentDays), Stats: newStats(scope, key)}
}

// encryptAndDecrypt are the actions with which a service encrypts and decrypts with a key.
var encryptAndDecrypt = []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"}

// newKey adds the key of a department whose file names none. It encrypts the lake, the records, the alerts and the replication
// instance's storage. IAM policies decide who may use it. Who may use the table of the records may use the key through DynamoDB, which asks KMS in the name of its caller:
// DynamoDB's own key has the same policy. CloudWatch Logs asks in its own
// name, for each log group. docs/jobs.md has the same statements for the policies of other keys.
func newKey(scope constructs.Construct, d *department.Department, stackName string) awskms.CfnKey {
	statements := []map[string]any{
		{
			"Sid": "AccountDecides", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
			"Principal": map[string]any{"AWS": "arn:" + *awscdk.Aws_PARTITION() + ":iam::" + *awscdk.Aws_ACCOUNT_ID() + ":root"},
		},
		{
			"Sid": "ThroughDynamoDB", "Effect": "Allow", "Resource": "*", "Principal": map[string]any{"AWS": "*"},
			"Action": append(slices.Clone(encryptAndDecrypt), "kms:CreateGrant", "kms:DescribeKey"),
			"Condition": condition{"StringEquals": {
				"kms:CallerAccount": *awscdk.Aws_ACCOUNT_ID(),
				"kms:ViaService":    "dynamodb." + *awscdk.Aws_REGION() + ".amazonaws.com",
			}},
		},
	}
	if d.Alerts.TopicARN == "" {
		statements = append(statements, alarmsMay(stackName, "*", "kms:Decrypt", "kms:GenerateDataKey*"))
	}
	if d.EncryptLogs {
		statements = append(statements, map[string]any{
			"Sid": "Logs", "Effect": "Allow", "Resource": "*",
			"Principal": map[string]any{"Service": "logs." + *awscdk.Aws_REGION() + ".amazonaws.com"},
			"Action":    append(slices.Clone(encryptAndDecrypt), "kms:DescribeKey"),
			"Condition": condition{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn("logs", "log-group:*")}},
		})
	}
	key := awskms.NewCfnKey(scope, new("Key"), &awskms.CfnKeyProps{
		Description:       new("oralake " + d.Name + ": the lake, the records and the replication instance's storage"),
		EnableKeyRotation: true,
		KeyPolicy:         policyDocument(statements...),
	})
	retain(key)
	return key
}

// newLake adds the bucket of the lake. It has no versioning: DMS overwrites a table's files at every full load, and its guide
// advises against versioning (CHAP_Target.S3).
func newLake(scope constructs.Construct, key keyHandle, documentDays int) awss3.CfnBucket {
	rules := []any{&awss3.CfnBucket_RuleProperty{
		Id: new("AbandonedUploads"), Status: new("Enabled"),
		AbortIncompleteMultipartUpload: &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{
			DaysAfterInitiation: new(7.0),
		},
	}, &awss3.CfnBucket_RuleProperty{
		Id: new("RunDocuments"), Status: new("Enabled"), Prefix: new(contract.RunsFolder + "/"),
		ExpirationInDays: new(float64(documentDays)),
	}}
	bucket := awss3.NewCfnBucket(scope, new("Lake"), &awss3.CfnBucketProps{
		BucketEncryption: &awss3.CfnBucket_BucketEncryptionProperty{
			ServerSideEncryptionConfiguration: &[]any{&awss3.CfnBucket_ServerSideEncryptionRuleProperty{
				// Without a bucket key every written object needs a call of KMS.
				BucketKeyEnabled: true,
				ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{
					SseAlgorithm: new("aws:kms"), KmsMasterKeyId: key.AttrArn(),
				},
			}},
		},
		PublicAccessBlockConfiguration: &awss3.CfnBucket_PublicAccessBlockConfigurationProperty{
			BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
		},
		OwnershipControls: &awss3.CfnBucket_OwnershipControlsProperty{
			Rules: &[]any{&awss3.CfnBucket_OwnershipControlsRuleProperty{ObjectOwnership: new("BucketOwnerEnforced")}},
		},
		LifecycleConfiguration: &awss3.CfnBucket_LifecycleConfigurationProperty{Rules: &rules},
	})
	retain(bucket)
	acceptFinding(bucket, finding{
		Rule: "AwsSolutions-S1",
		Reason: "Server access logs may be incomplete, and they need a second bucket, which would stay after a destroy; " +
			"CloudTrail data events of the account can audit this bucket.",
	})
	policy := awss3.NewCfnBucketPolicy(scope, new("LakePolicy"), &awss3.CfnBucketPolicyProps{
		Bucket:         bucket.Ref(),
		PolicyDocument: policyDocument(denyPlainHTTP("s3:*", *bucket.AttrArn(), *bucket.AttrArn()+"/*")),
	})
	// The bucket stays, so its policy, which requires TLS, must stay too.
	retain(policy)
	return bucket
}

// newStats adds the DynamoDB table of run records, table records, job states and leases (internal/records).
func newStats(scope constructs.Construct, encryption keyHandle) awsdynamodb.CfnTable {
	attribute := func(name string) any {
		return &awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: &name, AttributeType: new("S")}
	}
	key := func(name, kind string) any {
		return &awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: &name, KeyType: &kind}
	}
	table := awsdynamodb.NewCfnTable(scope, new("Stats"), &awsdynamodb.CfnTableProps{
		BillingMode:          new("PAY_PER_REQUEST"),
		AttributeDefinitions: &[]any{attribute("pk"), attribute("sk")},
		KeySchema:            &[]any{key("pk", "HASH"), key("sk", "RANGE")},
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{
			PointInTimeRecoveryEnabled: true,
		},
		SseSpecification: &awsdynamodb.CfnTable_SSESpecificationProperty{
			SseEnabled: true, SseType: new("KMS"), KmsMasterKeyId: encryption.AttrArn(),
		},
		TimeToLiveSpecification: &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{
			AttributeName: new("expiresAt"), Enabled: true,
		},
	})
	retain(table)
	return table
}

// retain keeps a resource when it is removed from the stack. A resource of a failed first deploy is deleted: it is empty.
func retain(resource awscdk.CfnResource) {
	resource.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE, nil)
}
