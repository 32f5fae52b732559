package ssm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/ssm"
)

func start() (*ssm.Service, *sdk.Client) {
	acct := account.Account{ID: "123456789012", Region: "eu-central-1"}
	g := gateway.New(iam.New(acct))
	s := ssm.New(acct)
	g.Handle("ssm", s.Handler())
	return s, sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))
}

func TestBootstrapVersionIsThere(t *testing.T) {
	s, client := start()
	out, err := client.GetParameter(t.Context(), &sdk.GetParameterInput{Name: aws.String(ssm.BootstrapVersion)})
	if err != nil {
		t.Fatal(err)
	}
	value, ok := s.Value(ssm.BootstrapVersion)
	if got := *out.Parameter.Value; !ok || got != value || got != "30" {
		t.Errorf("bootstrap version: SDK says %q, Value says %q, %v; want 30", got, value, ok)
	}
	if got, want := *out.Parameter.ARN,
		"arn:aws:ssm:eu-central-1:123456789012:parameter/cdk-bootstrap/hnb659fds/version"; got != want {
		t.Errorf("ARN: got %s, want %s", got, want)
	}
}

func TestPutAndGetParameters(t *testing.T) {
	_, client := start()
	put := &sdk.PutParameterInput{
		Name: aws.String("/lake/size"), Value: aws.String("1"), Type: types.ParameterTypeString,
	}
	if _, err := client.PutParameter(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	var exists *types.ParameterAlreadyExists
	if _, err := client.PutParameter(t.Context(), put); !errors.As(err, &exists) {
		t.Errorf("put twice: got %v, want ParameterAlreadyExists", err)
	}
	put.Overwrite, put.Value, put.Type = aws.Bool(true), aws.String("2"), ""
	changed, err := client.PutParameter(t.Context(), put)
	if err != nil || changed.Version != 2 {
		t.Errorf("overwrite: got %+v, %v, want version 2", changed, err)
	}
	out, err := client.GetParameters(t.Context(), &sdk.GetParametersInput{
		Names: []string{"/lake/size", "/lake/colour"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.InvalidParameters, []string{"/lake/colour"}); diff != "" {
		t.Errorf("invalid parameters (-got +want):\n%s", diff)
	}
	if len(out.Parameters) != 1 || *out.Parameters[0].Value != "2" {
		t.Errorf("parameters: got %+v, want /lake/size = 2", out.Parameters)
	}
}

func TestUnknownParameter(t *testing.T) {
	_, client := start()
	var missing *types.ParameterNotFound
	if _, err := client.GetParameter(t.Context(), &sdk.GetParameterInput{
		Name: aws.String("/nothing"),
	}); !errors.As(err, &missing) {
		t.Errorf("got %v, want ParameterNotFound", err)
	}
}

func TestSecureStringsAreRefusedByName(t *testing.T) {
	s, client := start()
	s.Put("/lake/size", "1")
	for _, name := range []string{"/lake/password", "/lake/size"} {
		_, err := client.PutParameter(t.Context(), &sdk.PutParameterInput{
			Name: &name, Value: aws.String("secret"), Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(true),
		})
		if err == nil || !strings.Contains(err.Error(), "SecureString") {
			t.Errorf("%s: got %v, want a refusal of SecureString", name, err)
		}
		if value, _ := s.Value(name); value == "secret" {
			t.Errorf("%s is kept in clear", name)
		}
	}
}
