package stacks

import (
	"path"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// tagStack is the tag that says which stack a replication task belongs to. Tasks are made when jobs run, so policies
// know them by this tag, which the functions give them, and not by name.
const tagStack = "oralake:stack"

// Each function may do what its code does, and no more. What DMS checks against which resource is in the Service
// Authorization Reference, "Actions, resources, and condition keys for AWS Database Migration Service".

func (p functionsProps) createMay() []statement {
	may := []statement{
		p.readManifest(),
		p.items("Lease", "dynamodb:GetItem", "dynamodb:PutItem"),
		describe("dms:DescribeReplicationTasks", "dms:DescribeConnections"),
		{
			Sid: "Connect", Actions: []string{"dms:TestConnection", "dms:CreateReplicationTask"},
			Resources: []string{p.Instance.ARN, p.Endpoints.Source, p.Endpoints.Full, p.Endpoints.CDC},
		},
		{
			// Making a task is allowed with this stack's tag only, and no task of another stack can be given the tag.
			Sid: "Make", Actions: []string{"dms:CreateReplicationTask", "dms:AddTagsToResource"},
			Resources: []string{anyTask()}, Wide: tasksAreTagged,
			When: condition{
				"StringEquals":         {"aws:RequestTag/" + tagStack: p.Stack},
				"StringEqualsIfExists": {"aws:ResourceTag/" + tagStack: p.Stack},
			},
		},
		readTaskTags(),
		p.ownTasks("Change", "dms:StopReplicationTask", "dms:DeleteReplicationTask", "dms:ModifyReplicationTask",
			"dms:ReloadTables", "dms:DescribeTableStatistics"),
	}
	if p.Check != nil {
		may = append(may, p.runDocuments("s3:GetObject", "s3:PutObject"), p.runDocumentsKey())
	}
	return may
}

func (p functionsProps) startMay() []statement {
	return []statement{describe("dms:DescribeReplicationTasks"), p.ownTasks("Start", "dms:StartReplicationTask")}
}

func (p functionsProps) pollMay() []statement {
	return []statement{
		describe("dms:DescribeReplicationTasks", "dms:DescribeConnections"),
		p.ownTasks("Statistics", "dms:DescribeTableStatistics"),
	}
}

func (p functionsProps) recordMay() []statement {
	may := []statement{
		p.readManifest(),
		describe("dms:DescribeReplicationTasks"),
		p.ownTasks("Statistics", "dms:DescribeTableStatistics"),
		p.items("Records", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:BatchWriteItem"),
		{
			Sid: "Latency", Actions: []string{"cloudwatch:GetMetricData"}, Resources: []string{"*"},
			Wide: "CloudWatch takes no resource for reading metrics.",
		},
		{
			Sid: "Sizes", Actions: []string{"s3:ListBucket"}, Resources: []string{*p.Lake.AttrArn()},
			When: condition{"StringLike": {"s3:prefix": fullFolder + "/*"}},
		},
		{Sid: "Alert", Actions: []string{"sns:Publish"}, Resources: []string{p.Topic}},
		{
			// A publisher to an encrypted topic uses its key (sns-key-management.html).
			Sid: "AlertKey", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resources: []string{p.KeyARN},
		},
	}
	if p.Check != nil {
		may = append(may, p.runDocuments("s3:GetObject", "s3:PutObject"), statement{
			Sid: "Files", Actions: []string{"s3:GetObject"}, Resources: []string{*p.Lake.AttrArn() + "/" + fullFolder + "/*"},
			Wide: "DMS names the files of a load, and the footers of all of them say how many rows arrived.",
		})
	}
	return may
}

func (p functionsProps) deleteMay() []statement {
	return []statement{
		describe("dms:DescribeReplicationTasks"),
		p.ownTasks("Remove", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
		readTaskTags(),
		p.items("Lease", "dynamodb:DeleteItem"),
	}
}

// readManifest allows the manifests of this stack: a run that began before a deploy still works from the older one.
func (p functionsProps) readManifest() statement {
	bucket := "arn:" + *awscdk.Aws_PARTITION() + ":s3:::" + *p.Manifest.S3BucketName()
	folder := bucket + "/" + path.Dir(*p.Manifest.S3ObjectKey())
	return statement{
		Sid: "Manifest", Actions: []string{"s3:GetObject"}, Resources: []string{folder + "/*.json"},
		Wide: "Manifests are named by their hash, and a run reads the one that was deployed when it began; " +
			"the folder of the asset bucket is this stack's own.",
	}
}

func (p functionsProps) items(sid string, actions ...string) statement {
	return statement{Sid: sid, Actions: actions, Resources: []string{p.Stats.ARN}}
}

// describe allows DMS's lists, which cannot be kept to one resource.
func describe(actions ...string) statement {
	return statement{
		Sid: "Describe", Actions: actions, Resources: []string{"*"},
		Wide: "DMS takes no resource for these lists.",
	}
}

// ownTasks allows actions on the tasks that carry this stack's tag.
func (p functionsProps) ownTasks(sid string, actions ...string) statement {
	return statement{
		Sid: sid, Actions: actions, Resources: []string{anyTask()}, Wide: tasksAreTagged,
		When: condition{"StringEquals": {"aws:ResourceTag/" + tagStack: p.Stack}},
	}
}

func readTaskTags() statement {
	return statement{
		Sid: "ReadTags", Actions: []string{"dms:ListTagsForResource"}, Resources: []string{anyTask()},
		Wide: "Whose a task is can be told only by reading its tags; reading them shows nothing else.",
	}
}

const tasksAreTagged = "A task's ARN is made up by DMS when a job runs; the condition keeps this to tasks with the " +
	"stack's tag."

func anyTask() string { return arn("dms", "task:*") }

// traces lets a service write X-Ray traces.
func traces(actions ...string) statement {
	return statement{
		Sid: "Traces", Actions: actions, Resources: []string{"*"},
		Wide: "X-Ray takes no resource for these actions.",
	}
}
