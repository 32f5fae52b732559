package stacks

import (
	"path"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/internal/contract"
)

// Each function has exactly the permissions that its code needs. The Service Authorization Reference ("Actions, resources, and
// condition keys for AWS Database Migration Service") says which resource DMS checks for each action. Policies identify a
// replication task by the stack's tag, because its ARN is not known before a run creates it.

func (p functionsProps) prepareMay() []statement {
	lease := p.items("Lease", append(slices.Clone(readState), "dynamodb:PutItem", "dynamodb:DeleteItem")...)
	return p.withRunDocuments(slices.Concat(p.alert(), p.readManifest(), []statement{lease}), "s3:PutObject")
}

func (p functionsProps) createMay() []statement {
	may := p.makeTasks(p.Endpoints.Full)
	claim := p.items("Claim", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem")
	return append(may, claim, p.ownTasks("Replace", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
		p.runDocuments("s3:GetObject", "s3:PutObject"), p.runDocumentsKey())
}

func (p functionsProps) reconcileMay() []statement {
	may := append(p.makeTasks(p.Endpoints.CDC, p.Endpoints.CDCLoad),
		p.items("State", slices.Concat(readState, writeState, []string{"dynamodb:BatchGetItem"})...),
		p.ownTasks("Change", "dms:StopReplicationTask", "dms:DeleteReplicationTask", "dms:ModifyReplicationTask",
			"dms:ReloadTables", "dms:DescribeTableStatistics"),
		p.retagTasks(),
		watchInstance(),
		statement{
			Sid: "Folders", Actions: []string{"s3:ListBucket"}, Resources: []string{*p.Lake.AttrArn()},
			When: condition{"StringLike": {"s3:prefix": contract.CDCFolder + "/*"}},
		},
	)
	return append(may, p.runDocuments("s3:GetObject", "s3:PutObject"), p.runDocumentsKey())
}

// makeTasks allows to create tasks from the source to targets, and to read to which stack an existing task belongs.
func (p functionsProps) makeTasks(targets ...string) []statement {
	parts := append([]string{p.Instance.ARN, p.Endpoints.Source}, targets...)
	return append(p.readManifest(),
		describe("dms:DescribeReplicationTasks", "dms:DescribeConnections"),
		statement{Sid: "Connect", Actions: []string{"dms:TestConnection"}, Resources: parts},
		statement{
			// DMS checks the action on the instance and on both endpoints. A new task must have this stack's tag.
			Sid: "Make", Actions: []string{"dms:CreateReplicationTask"}, Resources: parts,
			When: condition{"StringEquals": {"aws:RequestTag/" + contract.TagStack: p.Stack}},
		},
		p.tagNewTasks(),
		readTaskTags(),
	)
}

// tagNewTasks allows to tag a task that is created. AWS does not document on which resource DMS checks that (docs/assumptions.md#a64):
// it may be the ARN of the new task, whose last part this stack chooses, or that with an asterisk in its place, which is not a
// wildcard. No task of somebody else has such an ARN, so none can be tagged, with a tag of another stack or without tags.
func (p functionsProps) tagNewTasks() statement {
	return statement{
		Sid: "TagNew", Actions: []string{"dms:AddTagsToResource"},
		Resources: []string{arn("dms", "task:"+contract.TaskPrefix(p.Stack)+"*"), arn("dms", "task:${*}")},
		Wide: "A task's ARN is chosen when a job runs and begins with a hash of the stack's name; ${*} is no wildcard, " +
			"but an asterisk.",
		When: condition{
			"StringEquals":         {"aws:RequestTag/" + contract.TagStack: p.Stack},
			"StringEqualsIfExists": {"aws:ResourceTag/" + contract.TagStack: p.Stack},
		},
	}
}

// retagTasks allows to change the tags of this stack's tasks, but not the one that says whose they are.
func (p functionsProps) retagTasks() statement {
	s := p.ownTasks("Retag", "dms:AddTagsToResource")
	s.When["StringEquals"]["aws:RequestTag/"+contract.TagStack] = p.Stack
	return s
}

// withRunDocuments adds the permissions for run documents, if the department has a check function.
func (p functionsProps) withRunDocuments(may []statement, actions ...string) []statement {
	if p.Check == nil {
		return may
	}
	return append(may, p.runDocuments(actions...), p.runDocumentsKey())
}

func (p functionsProps) startMay() []statement {
	return []statement{
		describe("dms:DescribeReplicationTasks"), readTaskTags(), p.readLease(),
		// A call that comes too late stops the task that it has started.
		p.ownTasks("Start", "dms:StartReplicationTask", "dms:StopReplicationTask"),
	}
}

func (p functionsProps) pollMay() []statement {
	return []statement{describe("dms:DescribeReplicationTasks", "dms:DescribeConnections"), watchInstance()}
}

func (p functionsProps) verifyMay() []statement {
	may := append(p.readManifest(),
		describe("dms:DescribeReplicationTasks"),
		p.ownTasks("Statistics", "dms:DescribeTableStatistics"),
		p.listLoads(),
	)
	if p.Check != nil {
		may = append(may, p.readLoads())
	}
	return p.withRunDocuments(may, "s3:GetObject", "s3:PutObject")
}

// alert allows to send alerts.
func (p functionsProps) alert() []statement {
	// To publish to an encrypted topic a function needs the topic's key (sns-key-management.html).
	key := statement{Sid: "AlertKey", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resources: []string{p.Topic.KeyARN}}
	if p.Topic.KeyARN == "" {
		key.Resources = []string{arn("kms", "key/*")}
		key.Wide = "The owner of the topic chooses its key; the conditions limit it to messages of this topic."
		key.When = condition{"StringEquals": {
			"kms:ViaService": "sns." + *awscdk.Aws_REGION() + ".amazonaws.com", "kms:EncryptionContext:aws:sns:topicArn": p.Topic.ARN,
		}}
	}
	return []statement{{Sid: "Alert", Actions: []string{"sns:Publish"}, Resources: []string{p.Topic.ARN}}, key}
}

// listLoads allows to list the files of full loads.
func (p functionsProps) listLoads() statement {
	return statement{
		Sid: "Loads", Actions: []string{"s3:ListBucket"}, Resources: []string{*p.Lake.AttrArn()},
		When: condition{"StringLike": {"s3:prefix": contract.FullFolder + "/*"}},
	}
}

// readLoads allows to read the files of full loads.
func (p functionsProps) readLoads() statement {
	return statement{
		Sid: "Files", Actions: []string{"s3:GetObject"}, Resources: []string{*p.Lake.AttrArn() + "/" + contract.FullFolder + "/*"},
		Wide: "DMS chooses the names of the files, and the footers of all files give the number of loaded rows.",
	}
}

func (p functionsProps) publishMay() []statement {
	may := append(p.readManifest(),
		p.items("Publish", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem",
			"dynamodb:PutItem", "dynamodb:DeleteItem"),
		statement{
			Sid: "Current", Actions: []string{"s3:GetObject", "s3:PutObject"},
			Resources: []string{*p.Lake.AttrArn() + "/" + contract.CurrentFolder + "/*"},
			Wide:      "A document for each table says which snapshot readers see; tables come and go with the department's file.",
		},
		statement{
			Sid: "CurrentKey", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resources: []string{p.KeyARN},
		},
		statement{
			Sid: "Folders", Actions: []string{"s3:ListBucket"}, Resources: []string{*p.Lake.AttrArn()},
			When: condition{"StringLike": {"s3:prefix": []string{contract.CurrentFolder + "/*", contract.FullFolder + "/*"}}},
		},
		statement{
			Sid: "Snapshots", Actions: []string{"s3:DeleteObject"}, Resources: []string{*p.Lake.AttrArn() + "/" + snapshotFiles},
			Wide: "DMS chooses the names of the files; the pattern is that of snapshots, which runs write and nobody else.",
		},
	)
	may = append(may, p.runDocuments("s3:GetObject"))
	return append(may, p.Catalog.allow("glue:GetTable", "glue:CreateTable", "glue:UpdateTable")...)
}

// snapshotFiles is the pattern of the files of snapshots: full/SCHEMA__RUN/TABLE/...
const snapshotFiles = contract.FullFolder + "/*__????????T??????Z/*"

func (p functionsProps) recordMay() []statement {
	may := append(p.readManifest(),
		describe("dms:DescribeReplicationTasks"),
		p.ownTasks("Statistics", "dms:DescribeTableStatistics"),
		p.items("Records", slices.Concat(readState, writeState, []string{"dynamodb:BatchGetItem"})...),
		readMetrics(),
		p.listLoads(), p.readLoads(),
	)
	return append(append(may, p.alert()...), p.runDocuments("s3:GetObject"))
}

func (p functionsProps) deleteMay() []statement {
	return []statement{
		describe("dms:DescribeReplicationTasks"),
		p.ownTasks("Remove", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
		readTaskTags(),
		p.items("Lease", slices.Concat([]string{"dynamodb:GetItem"}, writeState)...),
	}
}

func (p functionsProps) orphansMay() []statement {
	may := append(p.readManifest(), describe("dms:DescribeReplicationTasks"), readTaskTags(),
		// It writes only items of its own, of which no other function knows.
		p.items("Watch", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"),
		readMetrics(),
		statement{
			Sid: "Measure", Actions: []string{"cloudwatch:PutMetricData"}, Resources: []string{"*"},
			Wide: "CloudWatch supports no resource for writing metrics; the condition limits them to a namespace.",
			When: condition{"StringEquals": {"cloudwatch:namespace": contract.MetricNamespace}},
		},
	)
	return append(may, p.Catalog.allow("glue:GetTables", "glue:DeleteTable")...)
}

// readMetrics allows to read the latency of tasks.
func readMetrics() statement {
	return statement{
		Sid: "Latency", Actions: []string{"cloudwatch:GetMetricData"}, Resources: []string{"*"},
		Wide: "CloudWatch supports no resource for reading metrics.",
	}
}

// readState and writeState are the actions that read and write the state of a job. Writes are transactions that check the lease.
var (
	readState  = []string{"dynamodb:GetItem", "dynamodb:Query"}
	writeState = []string{"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem"}
)

// readLease allows to prove that a run holds the lease of its job.
func (p functionsProps) readLease() statement { return p.items("Lease", "dynamodb:GetItem") }

// readManifest allows to read all manifests of this stack: a run that started before a deploy still uses the older one. The CDK's
// bootstrap bucket may have a key of the account's owner (cdk bootstrap --bootstrap-kms-key-id), which no template names: the key may
// be used through S3, for the objects of that bucket.
func (p functionsProps) readManifest() []statement {
	bucket := "arn:" + *awscdk.Aws_PARTITION() + ":s3:::" + *p.Manifest.S3BucketName()
	manifests := bucket + "/" + path.Dir(*p.Manifest.S3ObjectKey()) + "/*.json"
	return []statement{
		{
			Sid: "Manifest", Actions: []string{"s3:GetObject"}, Resources: []string{manifests},
			Wide: "The name of a manifest is its hash, and a run reads the one that was deployed when the run started; " +
				"the folder of the asset bucket belongs to this stack only.",
		},
		{
			Sid: "ManifestKey", Actions: []string{"kms:Decrypt"}, Resources: []string{arn("kms", "key/*")},
			Wide: "The account's owner chooses the key of the asset bucket; the conditions limit it to this bucket and to S3.",
			When: condition{
				"StringEquals": {"kms:ViaService": "s3." + *awscdk.Aws_REGION() + ".amazonaws.com"},
				// The context is the bucket with a bucket key, and else the object.
				"StringLike": {"kms:EncryptionContext:aws:s3:arn": []string{bucket, manifests}},
			},
		},
	}
}

func (p functionsProps) items(sid string, actions ...string) statement {
	return statement{Sid: sid, Actions: actions, Resources: []string{p.Stats.ARN}}
}

// describe allows actions that list DMS resources. They cannot be limited to one resource.
func describe(actions ...string) statement {
	return statement{
		Sid: "Describe", Actions: actions, Resources: []string{"*"},
		Wide: "DMS supports no resource for these actions.",
	}
}

// watchInstance allows to see whether the replication instance is available, or was not.
func watchInstance() statement {
	s := describe("dms:DescribeReplicationInstances", "dms:DescribeEvents")
	s.Sid = "Instance"
	return s
}

// ownTasks allows actions on the tasks with this stack's tag.
func (p functionsProps) ownTasks(sid string, actions ...string) statement {
	return statement{
		Sid: sid, Actions: actions, Resources: []string{anyTask()}, Wide: tasksAreTagged,
		When: condition{"StringEquals": {"aws:ResourceTag/" + contract.TagStack: p.Stack}},
	}
}

func readTaskTags() statement {
	return statement{
		Sid: "ReadTags", Actions: []string{"dms:ListTagsForResource"}, Resources: []string{anyTask()},
		Wide: "Only the tags of a task say to which stack it belongs; the action shows nothing else.",
	}
}

// tasksAreTagged is the reason for a wildcard in the ARN of replication tasks.
const tasksAreTagged = "DMS chooses a task's ARN when a job runs; the condition limits the permission to tasks with the " +
	"stack's tag."

func anyTask() string { return arn("dms", "task:*") }

// traces lets a service write X-Ray traces.
func traces(actions ...string) statement {
	return statement{
		Sid: "Traces", Actions: actions, Resources: []string{"*"},
		Wide: "X-Ray supports no resource for these actions.",
	}
}
