package scenarios_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
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
