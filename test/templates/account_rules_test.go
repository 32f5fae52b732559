package templates

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/stacks"
)

const (
	boundary    = "arn:aws:iam::111122223333:policy/boundary"
	customerKey = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0a1b2c3d4e5f"
)

// ruled synthesizes the stack of a department whose account has rules, with the longest name and the longest prefix, and a role as a
// construct of the CDK would add it.
func ruled(t *testing.T) (template, *manifest.Manifest) {
	t.Helper()
	const name = "departmentwithalongname1"
	d, err := department.Parse(name+".yaml", []byte(`department: `+name+`
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none, check: off}
encryptLogs: true
tags: {cost-center: "4711", owner: Data Team}
roles: {permissionsBoundaryArn: `+boundary+`, namePrefix: application.team}
keyArn: `+customerKey+`
jobs:
  daily-orders: {type: full-load, tables: [SALES.ORDERS]}
  live-customers: {type: full-load-and-cdc, tables: [SALES.CUSTOMER]}
`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	document, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	code, err := bootstraps()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(scratch, "ruled.out")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	stack, err := stacks.NewDepartment(app, stacks.DepartmentProps{Department: d, Manifest: document, Code: code})
	if err != nil {
		t.Fatal(err)
	}
	awscdk.NewCfnResource(stack, new("RoleOfTheCDK"), &awscdk.CfnResourceProps{
		Type: new("AWS::IAM::Role"), Properties: &map[string]any{"AssumeRolePolicyDocument": map[string]any{}},
	})
	app.Synth(nil)
	source, err := os.ReadFile(filepath.Join(out, "oralake-"+name+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	one := template{source: source}
	if err := json.Unmarshal(source, &one); err != nil {
		t.Fatal(err)
	}
	return one, m
}

// What the account demands, every resource has: the boundary and the prefix every role, also the boundary a role of the CDK's own
// constructs; the tags every resource that takes tags, and every task; the key everything that is encrypted.
func TestAccountRules(t *testing.T) {
	one, m := ruled(t)
	names := map[string]bool{}
	tagged := 0
	for id, r := range one.Resources {
		if r.Type == "AWS::IAM::Role" {
			if got := r.Properties["PermissionsBoundary"]; got != boundary {
				t.Errorf("role %s has the boundary %v", id, got)
			}
			if id == "RoleOfTheCDK" {
				continue
			}
			parts, _ := at(t, r.Properties, "RoleName", "Fn::Join", 1).([]any)
			if len(parts) != 2 || fmt.Sprint(parts[1]) != "map[Ref:AWS::Region]" {
				t.Fatalf("the name of role %s is %v, want a text and the region", id, r.Properties["RoleName"])
			}
			name := parts[0].(string)
			if !strings.HasPrefix(name, "application.team") || len(name)+len("ap-northeast-1") > 64 || names[strings.ToLower(name)] {
				t.Errorf("role %s: the name %s and a region begin without the prefix, are too long, or are another role's", id, name)
			}
			names[strings.ToLower(name)] = true
		}
		if r.Type == "AWS::KMS::Key" {
			t.Errorf("the stack has the key %s, though the file names one", id)
		}
		switch tags := r.Properties["Tags"].(type) {
		case []any:
			has := map[any]any{}
			for _, tag := range tags {
				has[at(t, tag, "Key")] = at(t, tag, "Value")
			}
			if has["cost-center"] != "4711" || has["owner"] != "Data Team" {
				t.Errorf("%s has the tags %v", id, has)
			}
			tagged++
		case map[string]any:
			if tags["cost-center"] != "4711" || tags["owner"] != "Data Team" {
				t.Errorf("%s has the tags %v", id, tags)
			}
			tagged++
		}
	}
	if len(names) < 15 || tagged < 40 {
		t.Errorf("%d roles have names, %d resources have tags: want more", len(names), tagged)
	}
	for _, job := range m.Jobs {
		if job.Tags["cost-center"] != "4711" {
			t.Errorf("the tasks of job %s get the tags %v", job.Name, job.Tags)
		}
	}
}

// keyProperties has where resources name the key that encrypts them.
var keyProperties = map[string][]any{
	"AWS::DMS::ReplicationInstance": {"KmsKeyId"},
	"AWS::DynamoDB::Table":          {"SSESpecification", "KMSMasterKeyId"},
	"AWS::Logs::LogGroup":           {"KmsKeyId"},
	"AWS::S3::Bucket": {
		"BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID",
	},
	"AWS::SNS::Topic": {"KmsMasterKeyId"},
}

func TestCustomersKeyEncryptsEverything(t *testing.T) {
	one, _ := ruled(t)
	found := map[string]bool{}
	for id, r := range one.Resources {
		if path := keyProperties[r.Type]; path != nil {
			found[r.Type] = true
			if got := at(t, r.Properties, path...); got != customerKey {
				t.Errorf("%s has the key %v", id, got)
			}
		}
		if settings, ok := r.Properties["S3Settings"].(map[string]any); ok && settings["ServerSideEncryptionKmsKeyId"] != customerKey {
			t.Errorf("%s has the key %v", id, settings["ServerSideEncryptionKmsKeyId"])
		}
	}
	if len(found) != len(keyProperties) {
		t.Errorf("the stack has %v, want all of %v", found, keyProperties)
	}
}
