package checkfunction_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/secretsmanager"
)

var here = account.Account{ID: "111122223333", Region: "eu-central-1"}

const role = "arn:aws:iam::111122223333:role/check"

// allowAll gives every caller all permissions, since these tests are not about permissions.
type allowAll struct{}

func (allowAll) Principal(key string) (gateway.Principal, error) {
	return gateway.Principal{ARN: role}, nil
}

func (allowAll) FunctionCredentials(string, string) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "ASIACHECK", SecretAccessKey: "secret", SessionToken: "token"}, nil
}

// objects has zips by object key.
type objects map[string][]byte

func (o objects) Object(_ context.Context, bucket, key string) ([]byte, error) {
	content, ok := o[key]
	if !ok {
		return nil, fmt.Errorf("NoSuchKey: s3://%s/%s", bucket, key)
	}
	return content, nil
}

// testLog writes the function's log to the log of the test.
type testLog struct{ *testing.T }

func (l testLog) Put(_, stream, message string) { l.Logf("%.8s %s", stream, message) }

// host runs the function as Lambda does, and Secrets Manager.
type host struct {
	*testing.T
	service *lambda.Service
	client  *sdk.Client
	objects objects
}

func newHost(t *testing.T, bootstrap []byte) *host {
	t.Helper()
	g := gateway.New(allowAll{})
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	secrets := secretsmanager.New(here)
	secrets.Seed("oralake/sales", `{"username":"ORALAKE","password":"tiger","host":"db.example","port":1521}`)
	g.Handle("secretsmanager", secrets.Handler())
	h := &host{T: t, objects: objects{"code.zip": bootstrap}}
	service, err := lambda.New(here, clock.Clock{}, allowAll{}, h.objects, testLog{t}, lambda.Options{
		Environment: map[string]string{"AWS_ENDPOINT_URL": server.URL},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	h.service = service
	g.Handle("lambda", service.Handler())
	h.client = sdk.NewFromConfig(g.Config(here.Region, aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) { return allowAll{}.FunctionCredentials("", "") })),
		func(o *sdk.Options) { o.Retryer = aws.NopRetryer{} })
	return h
}

func (h *host) create(typeName, id string, properties map[string]any) string {
	h.Helper()
	encoded, err := json.Marshal(properties)
	if err != nil {
		h.Fatal(err)
	}
	made, err := h.service.Resources()[typeName].Create(h.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: id, Properties: encoded,
	})
	if err != nil {
		h.Fatal(err)
	}
	return made.PhysicalID
}

// function deploys the function with a layer, or without one when layer is nil, and returns its name.
func (h *host) function(layer []byte, environment map[string]string) string {
	h.Helper()
	all := map[string]string{"ORALAKE_SECRET_ID": "oralake/sales", "ORALAKE_DATABASE": "ORCLPDB1"}
	for name, value := range environment {
		all[name] = value
	}
	properties := map[string]any{
		"Handler": "bootstrap", "Runtime": "provided.al2023", "Role": role, "Timeout": 60, "MemorySize": 512,
		"Code":        map[string]any{"S3Bucket": "assets", "S3Key": "code.zip"},
		"Environment": map[string]any{"Variables": all},
	}
	if layer != nil {
		h.objects["layer.zip"] = layer
		properties["Layers"] = []string{h.create("AWS::Lambda::LayerVersion", "OracleClient", map[string]any{
			"Content": map[string]any{"S3Bucket": "assets", "S3Key": "layer.zip"},
		})}
	}
	return h.create("AWS::Lambda::Function", "Check", properties)
}

// invoke invokes the function, which must not fail.
func (h *host) invoke(function string, r request) answer {
	h.Helper()
	payload, err := json.Marshal(r)
	if err != nil {
		h.Fatal(err)
	}
	out, err := h.client.Invoke(h.Context(), &sdk.InvokeInput{FunctionName: &function, Payload: payload})
	if err == nil && out.FunctionError != nil {
		err = errors.New(*out.FunctionError + ": " + string(out.Payload))
	}
	if err != nil {
		h.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(out.Payload, &a); err != nil {
		h.Fatalf("%s: %v", out.Payload, err)
	}
	return a
}
