package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// Outputs are the outputs of a stack by key.
type Outputs map[string]string

// Root returns the folder of the repository: the nearest one with a cdk.json, from the working directory upwards. It panics
// when there is none. It does not use the path of its source file, which -trimpath removes from a binary.
func Root() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(fmt.Errorf("find the repository: %w", err))
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "cdk.json")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			panic("find the repository: there is no cdk.json in " + dir + " or above it")
		}
	}
}

// Template returns the synthesized template of a department: the golden file of the template tests, with normalised asset
// hashes.
func Template(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(Root(), "test/templates/testdata", StackName(name)+".golden.json"))
}

// StackName returns the name of a department's stack.
func StackName(department string) string { return "oralake-" + department }

// Deploy creates a department's stack from its synthesized template and returns the stack's outputs.
func (a *Account) Deploy(d *department.Department) Outputs {
	a.t.Helper()
	template, err := Template(d.Name)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.DeployTemplate(d, template)
}

// DeployTemplate is Deploy with another template.
func (a *Account) DeployTemplate(d *department.Department, template []byte) Outputs {
	a.t.Helper()
	status, why := a.TryDeploy(d, template)
	if status != types.StackStatusCreateComplete {
		a.t.Fatalf("stack %s is %s: %s", StackName(d.Name), status, why)
	}
	outputs := Outputs{}
	for _, o := range a.stack(d).Outputs {
		outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return outputs
}

// TryDeploy creates the stack of a department and waits until that succeeds or fails. why says which resources failed.
func (a *Account) TryDeploy(d *department.Department, template []byte) (status types.StackStatus, why string) {
	a.t.Helper()
	stack := StackName(d.Name)
	_, err := a.Stacks.CreateStack(a.t.Context(), &cloudformation.CreateStackInput{
		StackName: &stack, TemplateURL: a.upload(d, template),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	for {
		switch status := a.stack(d).StackStatus; status {
		case types.StackStatusCreateInProgress, types.StackStatusRollbackInProgress:
			time.Sleep(time.Minute)
		case types.StackStatusCreateComplete:
			return status, ""
		default:
			return status, a.failures(stack)
		}
	}
}

// stack describes the stack of a department.
func (a *Account) stack(d *department.Department) types.Stack {
	a.t.Helper()
	out, err := a.Stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(StackName(d.Name))})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Stacks[0]
}

// wallet is the wallet of departments with sslMode: verify-ca. No driver here reads it.
var wallet = []byte("the content of cwallet.sso")

// upload creates the database secret and the certificate, uploads the template and the manifest, and returns the URL of the template.
func (a *Account) upload(d *department.Department, template []byte) *string {
	a.t.Helper()
	a.Secrets.Seed(d.Source.SecretName, fmt.Sprintf(`{"username":%q,"password":%q,"host":%q,"port":%d}`,
		Oracle.Username, Oracle.Password, Oracle.Host, Oracle.Port))
	if d.Source.CertificateARN != "" {
		a.DMS.SeedCertificate(d.Source.CertificateARN, wallet)
	}
	name := StackName(d.Name) + ".json"
	deployed, err := withoutRemoved(template)
	if err != nil {
		a.t.Fatal(err)
	}
	a.Put(a.assets(), name, deployed)
	a.PutManifest(d, template)
	return aws.String("https://s3." + a.Account.Region + ".amazonaws.com/" + a.assets() + "/" + name)
}

// PutManifest writes a department's manifest to the key from which the functions of a template read it.
func (a *Account) PutManifest(d *department.Department, template []byte) {
	a.t.Helper()
	m, err := manifest.Compile(d)
	if err != nil {
		a.t.Fatal(err)
	}
	content, err := m.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	key, err := manifestKey(template)
	if err != nil {
		a.t.Fatal(err)
	}
	a.Put(a.assets(), key, content)
}

// assets returns the name of the asset bucket of the CDK bootstrap stack.
func (a *Account) assets() string {
	return "cdk-hnb659fds-assets-" + a.Account.ID + "-" + a.Account.Region
}

// Put writes an object.
func (a *Account) Put(bucket, key string, content []byte) {
	a.t.Helper()
	_, err := a.Objects.PutObject(a.t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader(string(content)),
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// Destroy starts the deletion of a stack and does not wait for its end.
func (a *Account) Destroy(stack string) {
	a.t.Helper()
	if _, err := a.Stacks.DeleteStack(a.t.Context(), &cloudformation.DeleteStackInput{StackName: &stack}); err != nil {
		a.t.Fatal(err)
	}
}

// AwaitGone waits until a stack is deleted. The error is the reason of DELETE_FAILED, or says that the deletion does not end:
// CloudFormation waits an hour for a custom resource, and deletes those of jobs side by side.
func (a *Account) AwaitGone(stack string) error {
	for began := time.Now(); time.Since(began) < 24*time.Hour; time.Sleep(15 * time.Second) {
		out, err := a.Stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			return nil // CloudFormation does not find a deleted stack by its name.
		}
		if s := out.Stacks[0]; s.StackStatus == types.StackStatusDeleteFailed {
			return fmt.Errorf("stack %s: %s", stack, aws.ToString(s.StackStatusReason))
		}
	}
	return fmt.Errorf("stack %s is still being deleted after a day", stack)
}

// manifestKey returns the object key from which the functions of a template read the manifest.
func manifestKey(template []byte) (string, error) {
	var parsed struct {
		Resources map[string]struct {
			Properties struct {
				Environment struct {
					Variables map[string]any
				}
			}
		}
	}
	if err := json.Unmarshal(template, &parsed); err != nil {
		return "", err
	}
	for _, r := range parsed.Resources {
		if key, ok := r.Properties.Environment.Variables["ORALAKE_MANIFEST_KEY"].(string); ok {
			return key, nil
		}
	}
	return "", errors.New("no function of the template has the environment variable ORALAKE_MANIFEST_KEY")
}
