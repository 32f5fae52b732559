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

// Outputs are those of a stack, by their keys.
type Outputs map[string]string

// Root is the repository: the folder with cdk.json in it or above the working directory, which is a test's own folder. A
// binary that was built with -trimpath knows no folder of its sources.
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

// Template is the synthesized template of a department of departments/: the golden one of the template tests, whose
// asset hashes are normalised.
func Template(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(Root(), "test/templates/testdata", StackName(name)+".golden.json"))
}

// StackName is the stack of a department.
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

// DeployTemplate is Deploy with a template of the caller's.
func (a *Account) DeployTemplate(d *department.Department, template []byte) Outputs {
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
		out, err := a.Stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			a.t.Fatal(err)
		}
		switch status := out.Stacks[0].StackStatus; status {
		case types.StackStatusCreateInProgress:
			time.Sleep(time.Minute)
		case types.StackStatusCreateComplete:
			outputs := Outputs{}
			for _, o := range out.Stacks[0].Outputs {
				outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
			}
			return outputs
		default:
			a.t.Fatalf("stack %s is %s: %s", stack, status, aws.ToString(out.Stacks[0].StackStatusReason))
		}
	}
}

// upload puts what a template of a department needs into the account, and returns the template's address.
func (a *Account) upload(d *department.Department, template []byte) *string {
	a.t.Helper()
	a.Secrets.Seed(d.Source.SecretName, fmt.Sprintf(`{"username":%q,"password":%q,"host":%q,"port":%d}`,
		Oracle.Username, Oracle.Password, Oracle.Host, Oracle.Port))
	name := StackName(d.Name) + ".json"
	a.Put(a.assets(), name, template)
	a.PutManifest(d, template)
	return aws.String("https://s3." + a.Account.Region + ".amazonaws.com/" + a.assets() + "/" + name)
}

// PutManifest puts a department's manifest where the functions that a template makes read it.
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

// assets is the bucket of the CDK's bootstrap stack.
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

// Destroy begins to delete a stack.
func (a *Account) Destroy(stack string) {
	a.t.Helper()
	if _, err := a.Stacks.DeleteStack(a.t.Context(), &cloudformation.DeleteStackInput{StackName: &stack}); err != nil {
		a.t.Fatal(err)
	}
}

// AwaitGone waits until a stack is deleted. The error says why it is not.
func (a *Account) AwaitGone(stack string) error {
	for {
		out, err := a.Stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			return nil // By its name a deleted stack is not found.
		}
		if s := out.Stacks[0]; s.StackStatus == types.StackStatusDeleteFailed {
			return fmt.Errorf("stack %s: %s", stack, aws.ToString(s.StackStatusReason))
		}
		time.Sleep(15 * time.Second)
	}
}

// manifestKey finds in a template where Create reads the manifest.
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
	return "", errors.New("no function of the template is told where the manifest is")
}
