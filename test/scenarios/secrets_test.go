package scenarios_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/harness"
)

// makeKey makes a KMS key whose policy lets the account decide, and returns its ARN.
func (a *testAccount) makeKey() string {
	a.t.Helper()
	key, err := a.Keys.Resources()["AWS::KMS::Key"].Create(a.t.Context(), resource.Request{Properties: json.RawMessage(`{
		"KeyPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "` + harness.ID + `"}, "Action": "kms:*", "Resource": "*"}]}}`)})
	if err != nil {
		a.t.Fatal(err)
	}
	return key.Attributes["Arn"].(string)
}

// The secret of the database has a key of the account's owner. DMS and the check function decrypt it.
func TestSecretUnderACustomersKey(t *testing.T) {
	const keyARN = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0a1b2c3d4e5f"
	v := synthesizeFile(t, `department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, secretKeyArn: `+keyARN+`, database: ORCLPDB1, sslMode: none, check: require, driver: go-ora}
jobs:
  regions: {type: full-load, tables: [SALES.REGION], verify: counts}
`)
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		made := a.makeKey()
		_, err := secretsmanager.NewFromConfig(a.Admin()).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
			Name: aws.String("oralake/sales"), KmsKeyId: &made,
			SecretString: aws.String(fmt.Sprintf(`{"username": %q, "password": %q, "host": %q, "port": %d}`,
				harness.Oracle.Username, harness.Oracle.Password, harness.Oracle.Host, harness.Oracle.Port)),
		})
		if err != nil {
			t.Fatal(err)
		}
		outputs := a.DeployTemplate(v.department, bytes.ReplaceAll(v.template, []byte(keyARN), []byte(made)))
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "regions"}`), sfntypes.ExecutionStatusSucceeded)
	})
}

// statementsOfDocs returns the policy of a customer's key as docs/jobs.md says it: IAM decides, and the statements there.
func statementsOfDocs(t *testing.T) string {
	t.Helper()
	docs, err := os.ReadFile(filepath.Join(harness.Root(), "docs", "jobs.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(docs), "```\n{\n  \"Sid\": \"ThroughDynamoDB\"")
	block, _, found := strings.Cut(block, "```")
	if !found {
		t.Fatal("docs/jobs.md has no statements for the policy of a key")
	}
	return `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "` + harness.ID + `"}, "Action": "kms:*", "Resource": "*"},
		{"Sid": "ThroughDynamoDB"` + block + `]}`
}

// The account demands tags, a permissions boundary, names of roles and a key of its own. Jobs run, their tasks have the tags, and the
// boundary decides, too.
func TestDepartmentOfAnAccountWithRules(t *testing.T) {
	const keyARN = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0a1b2c3d4e5f"
	v := synthesizeFile(t, `department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none}
encryptLogs: true
tags: {cost-center: "4711"}
roles: {permissionsBoundaryArn: "arn:aws:iam::111122223333:policy/boundary", namePrefix: app-}
keyArn: `+keyARN+`
jobs:
  regions: {type: full-load, tables: [SALES.REGION]}
  live: {type: full-load-and-cdc, tables: [SALES.CUSTOMER]}
`)
	db := sample(t)
	for denied, want := range map[string]sfntypes.ExecutionStatus{
		"": sfntypes.ExecutionStatusSucceeded, "dms:StartReplicationTask": sfntypes.ExecutionStatusFailed,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			a.ExpectDenied(denied)
			a.IAM.SeedPolicy("boundary", []byte(`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
				{"Effect": "Deny", "Action": "`+cmp.Or(denied, "dms:NoSuchAction")+`", "Resource": "*"}]}`))
			key, err := a.Keys.Resources()["AWS::KMS::Key"].Create(t.Context(), resource.Request{
				Properties: json.RawMessage(`{"KeyPolicy": ` + statementsOfDocs(t) + `}`),
			})
			if err != nil {
				t.Fatal(err)
			}
			made := key.Attributes["Arn"].(string)
			outputs := a.DeployTemplate(v.department, bytes.ReplaceAll(v.template, []byte(keyARN), []byte(made)))
			a.want(a.Run(outputs["StateMachineArn"], `{"job": "regions"}`), want)
			for _, arn := range a.IAM.Roles() {
				if strings.Contains(arn, "sales") && !strings.Contains(arn, ":role/app-oralake-sales") {
					t.Errorf("the role %s has not the prefix app-", arn)
				}
			}
			time.Sleep(30 * time.Minute)
			tags, err := a.Tasks.ListTagsForResource(t.Context(), &awsdms.ListTagsForResourceInput{
				ResourceArn: a.task("oralake-sales", "live").ReplicationTaskArn,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(tags.TagList, func(tag dmstypes.Tag) bool {
				return aws.ToString(tag.Key) == "cost-center" && aws.ToString(tag.Value) == "4711"
			}) {
				t.Errorf("the task has the tags %v", tags.TagList)
			}
		})
	}
}
