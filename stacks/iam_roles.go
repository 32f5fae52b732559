package stacks

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// roleProps describes the role of one part of a stack. Its permissions are inline, so they live and die with it, and
// it has no name: names of roles are shared by all regions of an account.
type roleProps struct {
	// Service may assume the role, under the condition When if there is one.
	Service     string
	When        condition
	Description string
	Allow       []statement
}

// condition is the Condition block of an IAM statement: operator, key, values.
type condition map[string]map[string]any

// statement allows Actions on Resources, under the condition When if there is one.
type statement struct {
	Sid       string
	Actions   []string
	Resources []string
	When      condition
	// Wide says why the resources cannot be named more narrowly; it must be given if one of them has a "*".
	Wide string
}

// newRole makes a role. What its statements leave wide is written to the resource's metadata with the reason.
func newRole(scope constructs.Construct, id string, props roleProps) awsiam.CfnRole {
	trust := map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": props.Service},
	}
	if props.When != nil {
		trust["Condition"] = props.When
	}
	role := awsiam.NewCfnRole(scope, &id, &awsiam.CfnRoleProps{
		Description:              &props.Description,
		AssumeRolePolicyDocument: policyDocument(trust),
		Policies: &[]any{&awsiam.CfnRole_PolicyProperty{
			PolicyName: new("Permissions"), PolicyDocument: allow(props.Allow...),
		}},
	})
	acceptFinding(role, wildcardFindings(props.Allow)...)
	return role
}

// grant gives role more permissions by a policy resource of its own: for what can only be said once resources exist
// that themselves need the role.
func grant(scope constructs.Construct, id string, role awsiam.CfnRole, statements ...statement) awsiam.CfnPolicy {
	policy := awsiam.NewCfnPolicy(scope, &id, &awsiam.CfnPolicyProps{
		PolicyName: &id, Roles: jsii.Strings(*role.Ref()), PolicyDocument: allow(statements...),
	})
	acceptFinding(policy, wildcardFindings(statements)...)
	return policy
}

// allow is the policy document of statements.
func allow(statements ...statement) map[string]any {
	var rendered []map[string]any
	for _, s := range statements {
		one := map[string]any{"Sid": s.Sid, "Effect": "Allow", "Action": s.Actions, "Resource": s.Resources}
		if s.When != nil {
			one["Condition"] = s.When
		}
		rendered = append(rendered, one)
	}
	return policyDocument(rendered...)
}

// denyPlainHTTP is the statement of a resource policy that refuses everybody who comes without TLS.
func denyPlainHTTP(action string, resources ...string) map[string]any {
	return map[string]any{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": map[string]any{"AWS": "*"},
		"Action": action, "Resource": resources,
		"Condition": condition{"Bool": {"aws:SecureTransport": "false"}},
	}
}

func policyDocument(statements ...map[string]any) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// arn names a resource of the account and region that is deployed to, in whatever partition.
func arn(service, resource string) string {
	return strings.Join([]string{
		"arn", *awscdk.Aws_PARTITION(), service, *awscdk.Aws_REGION(), *awscdk.Aws_ACCOUNT_ID(), resource,
	}, ":")
}

// references are strings as those properties want them that take constructs, too.
func references(values ...string) *[]any {
	references := make([]any, len(values))
	for i, value := range values {
		references[i] = value
	}
	return &references
}

var token = regexp.MustCompile(`\$\{Token\[[^]]*\]\}`)

// escape quotes a literal for a regular expression between slashes.
func escape(literal string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(literal), "/", `\/`)
}
