package cloud_test

import (
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam/reference"
)

const (
	taskARN        = `"arn:aws:dms:eu-central-1:111122223333:task:T"`
	ofTask         = `{"ReplicationTaskArn": ` + taskARN + `}`
	ofMachine      = `{"stateMachineArn": "arn:aws:states:eu-central-1:111122223333:stateMachine:m"}`
	ofExecution    = `{"executionArn": "arn:aws:states:eu-central-1:111122223333:execution:m:e"}`
	ofTable        = `{"TableName": "records"}`
	ofTables       = `{"RequestItems": {"records": {}}}`
	ofGlueTable    = `{"DatabaseName": "d", "Name": "t"}`
	ofGlueVersions = `{"DatabaseName": "d", "TableName": "t"}`
	ofSecret       = `{"SecretId": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf"}`
	ofQueue        = `{"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/111122223333/dead"}`
)

// samples are the members of a call of each operation that a role may call: JSON, or a form, or METHOD and path.
var samples = map[string]map[string]string{
	"cloudformation": {"DescribeStacks": "StackName=" + stackARN, "DescribeStackEvents": "StackName=" + stackARN},
	"dms": {
		"AddTagsToResource": `{"ResourceArn": ` + taskARN + `, "Tags": [{"Key": "oralake:stack", "Value": "s"}]}`,
		"CreateReplicationTask": `{"ReplicationInstanceArn": "arn:aws:dms:eu-central-1:111122223333:rep:I",
			"SourceEndpointArn": "arn:aws:dms:eu-central-1:111122223333:endpoint:S",
			"TargetEndpointArn": "arn:aws:dms:eu-central-1:111122223333:endpoint:T", "Tags": [{"Key": "oralake:stack", "Value": "s"}]}`,
		"DeleteReplicationTask": ofTask, "DescribeTableStatistics": ofTask, "ModifyReplicationTask": ofTask, "ReloadTables": ofTask,
		"StartReplicationTask": ofTask, "StopReplicationTask": ofTask,
		"DescribeCertificates": `{}`, "DescribeConnections": `{}`, "DescribeEndpoints": `{}`, "DescribeEvents": `{}`, "DescribeReplicationInstances": `{}`,
		"DescribeReplicationTasks": `{}`, "ListTagsForResource": `{"ResourceArn": ` + taskARN + `}`,
		"TestConnection": `{"ReplicationInstanceArn": "arn:aws:dms:eu-central-1:111122223333:rep:I",
			"EndpointArn": "arn:aws:dms:eu-central-1:111122223333:endpoint:S"}`,
	},
	"dynamodb": {
		"BatchGetItem": ofTables, "DeleteItem": ofTable, "DescribeTable": ofTable, "GetItem": ofTable, "PutItem": ofTable,
		"Query": ofTable, "Scan": ofTable,
		"TransactWriteItems": `{"TransactItems": [{"ConditionCheck": ` + ofTable + `}, {"Put": ` + ofTable + `}, {"Delete": ` + ofTable + `},
			{"Update": ` + ofTable + `}]}`,
	},
	"glue": {
		"BatchDeleteTable": `{"DatabaseName": "d", "TablesToDelete": ["t"]}`, "CreateDatabase": `{"DatabaseInput": {"Name": "d"}}`,
		"CreateTable": `{"DatabaseName": "d", "TableInput": {"Name": "t"}}`, "DeleteDatabase": `{"Name": "d"}`, "DeleteTable": ofGlueTable,
		"DeleteTableVersion": ofGlueVersions, "GetDatabase": `{"Name": "d"}`, "GetDatabases": `{}`, "GetTable": ofGlueTable,
		"GetTableVersion": ofGlueVersions, "GetTableVersions": ofGlueVersions, "GetTables": `{"DatabaseName": "d"}`,
		"UpdateDatabase": `{"Name": "d"}`, "UpdateTable": `{"DatabaseName": "d", "TableInput": {"Name": "T"}}`,
	},
	"lambda":     {"Invoke": "POST /2015-03-31/functions/f/invocations"},
	"monitoring": {"GetMetricData": `{}`, "PutMetricData": `{"Namespace": "oralake"}`},
	"s3": {
		"AbortMultipartUpload": "DELETE /lake/k?uploadId=1", "CompleteMultipartUpload": "POST /lake/k?uploadId=1",
		"CopyObject": "PUT /lake/k", "CreateMultipartUpload": "POST /lake/k?uploads", "DeleteObject": "DELETE /lake/k",
		"DeleteObjects": "POST /lake?delete", "GetBucketEncryption": "GET /lake?encryption", "GetBucketLocation": "GET /lake?location",
		"GetBucketPolicy": "GET /lake?policy", "GetBucketVersioning": "GET /lake?versioning", "GetObject": "GET /lake/k",
		"GetPublicAccessBlock": "GET /lake?publicAccessBlock", "HeadBucket": "HEAD /lake", "HeadObject": "HEAD /lake/k",
		"ListMultipartUploads": "GET /lake?uploads", "ListObjects": "GET /lake?prefix=full/", "ListObjectsV2": "GET /lake?list-type=2&prefix=full/",
		"ListParts": "GET /lake/k?uploadId=1", "PutObject": "PUT /lake/k", "UploadPart": "PUT /lake/k?uploadId=1",
	},
	"secretsmanager": {"DescribeSecret": ofSecret, "GetSecretValue": ofSecret},
	"sns":            {"Publish": "TopicArn=arn:aws:sns:eu-central-1:111122223333:alerts"},
	"sqs":            {"GetQueueAttributes": ofQueue, "ReceiveMessage": ofQueue, "SendMessage": ofQueue},
	"states": {
		"DescribeExecution": ofExecution, "GetExecutionHistory": ofExecution, "StopExecution": ofExecution,
		"DescribeStateMachine": ofMachine, "ListExecutions": ofMachine, "ListStateMachines": `{}`, "StartExecution": ofMachine,
	},
	"sts": {"GetCallerIdentity": ""},
}

const stackARN = "arn:aws:cloudformation:eu-central-1:111122223333:stack/oralake-sales/6ba7b810-9dad-11d1-80b4-00c04fd430c8"

// withoutNeeds are the operations whose calls need nothing, or are decided about elsewhere.
var withoutNeeds = map[string]string{
	"s3 DeleteObjects":      "each object is decided about by itself",
	"sts GetCallerIdentity": "needs no permission",
}

// elsewhere are required types of resources of the reference that a call of an operation here does not have.
var elsewhere = map[string]string{
	"states:ListExecutions maprun":     "the executions of a map run are listed without a state machine",
	"states:DescribeExecution express": "the executions of express workflows have ARNs of their own",
}

// TestNeedsAgreeWithReference compares what calls of roles are authorised as with the Service Authorization Reference: actions that
// exist, on resources and with condition keys that they support, and on every type of resource that they require.
func TestNeedsAgreeWithReference(t *testing.T) {
	r, err := reference.Open("../../..")
	if err != nil {
		t.Fatal(err)
	}
	c, err := cloud.New(cloud.Options{Account: account.Account{ID: "111122223333", Region: "eu-central-1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	checked := 0
	for service, operations := range c.Gateway.Needs() {
		for operation, needs := range operations {
			sample, ok := samples[service][operation]
			if !ok {
				t.Errorf("%s:%s has no sample here", service, operation)
				continue
			}
			all, err := needs(input(sample))
			if err != nil || len(all) == 0 != (withoutNeeds[service+" "+operation] != "") {
				t.Errorf("%s:%s needs %v, %v", service, operation, all, err)
			}
			byAction := map[string][]gateway.Access{}
			for _, a := range all {
				byAction[a.Action] = append(byAction[a.Action], a)
				if err := r.Check(a.Action, a.Resource, slices.Collect(maps.Keys(a.Keys))); err != nil {
					t.Errorf("%s:%s: %v", service, operation, err)
				}
				checked++
			}
			for action, accesses := range byAction {
				checkRequired(t, r, action, accesses)
			}
		}
	}
	if checked < 50 {
		t.Errorf("%d accesses compared: the samples need nothing", checked)
	}
	t.Logf("%d accesses compared", checked)
}

func checkRequired(t *testing.T, r *reference.Reference, action string, accesses []gateway.Access) {
	t.Helper()
	forms, err := r.Required(action)
	if err != nil {
		return // Check has said so
	}
	for kind, form := range forms {
		if elsewhere[action+" "+kind] == "" &&
			!slices.ContainsFunc(accesses, func(a gateway.Access) bool { return reference.Matches(form, a.Resource) }) {
			t.Errorf("%s must be authorised on a %s, %s: is on %v", action, kind, form, accesses)
		}
	}
}

func input(sample string) gateway.Input {
	method, path, isRequest := strings.Cut(sample, " ")
	if isRequest && strings.HasPrefix(path, "/") {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("X-Amz-Copy-Source", "lake/other")
		r.SetPathValue("name", "f")
		return gateway.Input{Request: r}
	}
	form, _ := url.ParseQuery(sample)
	return gateway.Input{Body: []byte(sample), Form: form}
}
