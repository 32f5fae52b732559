package secretsmanager_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/secretsmanager"
)

func start() (*secretsmanager.Service, *sdk.Client) {
	acct := account.Account{ID: "123456789012", Region: "eu-central-1"}
	g := gateway.New(iam.New(acct))
	s := secretsmanager.New(acct)
	g.Handle("secretsmanager", s.Handler())
	return s, sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))
}

func TestASecretIsFoundByNameAndARN(t *testing.T) {
	s, client := start()
	arn := s.Seed("oralake/sales", `{"username":"dms"}`)
	if !regexp.MustCompile(`^arn:aws:secretsmanager:eu-central-1:123456789012:secret:oralake/sales-[A-Z0-9]{6}$`).MatchString(arn) {
		t.Errorf("ARN: got %s", arn)
	}
	for _, id := range []string{"oralake/sales", arn, arn[:strings.LastIndexByte(arn, '-')]} {
		out, err := client.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: &id})
		if err != nil || *out.SecretString != `{"username":"dms"}` || *out.ARN != arn {
			t.Errorf("%s: got %+v, %v", id, out, err)
		}
	}
	given := "arn:aws:secretsmanager:eu-central-1:123456789012:secret:finance-AbCdEf"
	if got := s.Seed(given, "x"); got != given {
		t.Errorf("seed an ARN: got %s", got)
	}
	out, err := client.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: aws.String("finance")})
	if err != nil || *out.ARN != given {
		t.Errorf("by the name in the ARN: got %+v, %v", out, err)
	}
}

func TestLifeOfASecret(t *testing.T) {
	s, client := start()
	name := aws.String("db")
	made, err := client.CreateSecret(t.Context(), &sdk.CreateSecretInput{Name: name, SecretString: aws.String("old")})
	if err != nil {
		t.Fatal(err)
	}
	var exists *types.ResourceExistsException
	if _, err := client.CreateSecret(t.Context(), &sdk.CreateSecretInput{Name: name}); !errors.As(err, &exists) {
		t.Errorf("create twice: got %v", err)
	}
	if _, err := client.PutSecretValue(t.Context(), &sdk.PutSecretValueInput{
		SecretId: name, SecretString: aws.String("new"),
	}); err != nil {
		t.Fatal(err)
	}
	for stage, want := range map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": "old"} {
		out, err := client.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: name, VersionStage: &stage})
		if err != nil || *out.SecretString != want {
			t.Errorf("%s: got %+v, %v, want %s", stage, out, err, want)
		}
	}
	first, err := client.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: name, VersionId: made.VersionId})
	if err != nil || *first.SecretString != "old" {
		t.Errorf("the first version: got %+v, %v, want old", first, err)
	}
	d, err := client.DescribeSecret(t.Context(), &sdk.DescribeSecretInput{SecretId: name})
	if err != nil || len(d.VersionIdsToStages) != 2 || d.VersionIdsToStages[*made.VersionId][0] != "AWSPREVIOUS" {
		t.Errorf("describe: got %+v, %v", d, err)
	}
	s.Seed("db", "again")
	if out, err := client.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: name}); err != nil ||
		*out.SecretString != "again" {
		t.Errorf("seeded: got %+v, %v, want again", out, err)
	}
	_, err = client.DeleteSecret(t.Context(), &sdk.DeleteSecretInput{SecretId: name})
	if err == nil || !strings.Contains(err.Error(), "secretsmanager:DeleteSecret") {
		t.Errorf("delete: got %v, want an error that names the operation", err)
	}
	var missing *types.ResourceNotFoundException
	_, err = client.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: aws.String("nothing")})
	if !errors.As(err, &missing) {
		t.Errorf("a secret that does not exist: got %v", err)
	}
}
