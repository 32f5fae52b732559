package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
)

// retainedData is what outlives the stack: `cdk destroy` leaves the lake, its key and the records of the runs behind.
type retainedData struct {
	Key    awskms.CfnKey
	Bucket awss3.CfnBucket
	Stats  awsdynamodb.CfnTable
}

// newData makes it. documentDays is how long the documents of runs are kept in the lake; 0 where there are none.
func newData(parent constructs.Construct, department string, documentDays int) retainedData {
	scope := constructs.NewConstruct(parent, new("Data"))
	key := newKey(scope, department)
	return retainedData{Key: key, Bucket: newLake(scope, key, documentDays), Stats: newStats(scope)}
}

// newKey encrypts the lake and the replication instance's storage. Who may use it is said by IAM policies.
func newKey(scope constructs.Construct, department string) awskms.CfnKey {
	key := awskms.NewCfnKey(scope, new("Key"), &awskms.CfnKeyProps{
		Description:       new("oralake " + department + ": the lake and the replication instance's storage"),
		EnableKeyRotation: true,
		KeyPolicy: policyDocument(map[string]any{
			"Sid": "AccountDecides", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
			"Principal": map[string]any{"AWS": "arn:" + *awscdk.Aws_PARTITION() + ":iam::" + *awscdk.Aws_ACCOUNT_ID() + ":root"},
		}),
	})
	retain(key)
	return key
}

// newLake is the bucket that DMS writes to. It is not versioned: DMS overwrites a table's files at every full load,
// and the user guide advises against versions (CHAP_Target.S3).
func newLake(scope constructs.Construct, key awskms.CfnKey, documentDays int) awss3.CfnBucket {
	rules := []any{&awss3.CfnBucket_RuleProperty{
		Id: new("AbandonedUploads"), Status: new("Enabled"),
		AbortIncompleteMultipartUpload: &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{
			DaysAfterInitiation: new(7.0),
		},
	}}
	if documentDays > 0 {
		rules = append(rules, &awss3.CfnBucket_RuleProperty{
			Id: new("RunDocuments"), Status: new("Enabled"), Prefix: new(contract.RunsFolder + "/"),
			ExpirationInDays: new(float64(documentDays)),
		})
	}
	bucket := awss3.NewCfnBucket(scope, new("Lake"), &awss3.CfnBucketProps{
		BucketEncryption: &awss3.CfnBucket_BucketEncryptionProperty{
			ServerSideEncryptionConfiguration: &[]any{&awss3.CfnBucket_ServerSideEncryptionRuleProperty{
				// Without a bucket key every object written would be a call of KMS.
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
		Reason: "Server access logs are best effort and would need a second bucket that no destroy could empty; " +
			"an account that audits its objects turns on CloudTrail data events, which cover this bucket too.",
	})
	policy := awss3.NewCfnBucketPolicy(scope, new("LakePolicy"), &awss3.CfnBucketPolicyProps{
		Bucket:         bucket.Ref(),
		PolicyDocument: policyDocument(denyPlainHTTP("s3:*", *bucket.AttrArn(), *bucket.AttrArn()+"/*")),
	})
	// The bucket stays, and so must the policy that keeps it to TLS.
	retain(policy)
	return bucket
}

// newStats is the table of runs, tables and leases (internal/history).
func newStats(scope constructs.Construct) awsdynamodb.CfnTable {
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
		TimeToLiveSpecification: &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{
			AttributeName: new("expiresAt"), Enabled: true,
		},
	})
	retain(table)
	return table
}

// retain keeps a resource when it leaves the stack, unless the deploy that was to create it failed: then it is empty.
func retain(resource awscdk.CfnResource) {
	resource.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE, nil)
}
