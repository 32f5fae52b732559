package ssm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

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

func TestBootstrapVersion(t *testing.T) {
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

func TestUnknownParameter(t *testing.T) {
	_, client := start()
	var missing *types.ParameterNotFound
	if _, err := client.GetParameter(t.Context(), &sdk.GetParameterInput{
		Name: aws.String("/nothing"),
	}); !errors.As(err, &missing) {
		t.Errorf("got %v, want ParameterNotFound", err)
	}
}

func TestOtherOperationsAreRefusedByName(t *testing.T) {
	_, client := start()
	_, err := client.PutParameter(t.Context(), &sdk.PutParameterInput{Name: aws.String("/lake/size"), Value: aws.String("1")})
	if err == nil || !strings.Contains(err.Error(), "ssm:PutParameter") {
		t.Errorf("got %v, want an error that names ssm:PutParameter", err)
	}
}
