package stacks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// roleProps describes the role of one part of a stack. Its permissions are inline, so CloudFormation creates and deletes them
// with the role. The role has no fixed name, unless the account demands one: all regions of an account share the names of roles.
type roleProps struct {
	// Service is the AWS service that may assume the role, if When holds.
	Service     string
	When        condition
	Description string
	Allow       []statement
	Deny        []statement // wins over Allow
}

// condition is the Condition element of an IAM statement: values by key, by operator.
type condition map[string]map[string]any

// statement is about Actions on Resources, if When holds.
type statement struct {
	Sid       string
	Actions   []string
	Resources []string
	When      condition
	// Wide is the reason for a wildcard. It must be set if the statement allows and one of the resources has a "*".
	Wide string
}

// newRole adds a role. The role's metadata lists the wildcards of its statements with their reasons.
func newRole(scope constructs.Construct, id string, props roleProps) awsiam.CfnRole {
	trust := map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": props.Service},
	}
	if props.When != nil {
		trust["Condition"] = props.When
	}
	role := awsiam.NewCfnRole(scope, &id, &awsiam.CfnRoleProps{
		RoleName:                 roleName(scope, id),
		Description:              &props.Description,
		AssumeRolePolicyDocument: policyDocument(trust),
		Policies: &[]any{&awsiam.CfnRole_PolicyProperty{
			PolicyName: new("Permissions"), PolicyDocument: policyDocument(slices.Concat(rendered("Allow", props.Allow), rendered("Deny", props.Deny))...),
		}},
	})
	acceptFinding(role, wildcardFindings(props.Allow)...)
	return role
}

// grant adds permissions to a role with a separate policy resource. It is for resources that need the role: the role itself
// cannot name them.
func grant(scope constructs.Construct, id string, role awsiam.CfnRole, statements ...statement) awsiam.CfnPolicy {
	policy := awsiam.NewCfnPolicy(scope, &id, &awsiam.CfnPolicyProps{
		PolicyName: &id, Roles: jsii.Strings(*role.Ref()), PolicyDocument: allow(statements...),
	})
	acceptFinding(policy, wildcardFindings(statements)...)
	return policy
}

// allow returns the policy document of statements.
func allow(statements ...statement) map[string]any {
	return policyDocument(rendered("Allow", statements)...)
}

// rendered returns statements as a policy document has them. The effect is Allow or Deny.
func rendered(effect string, statements []statement) (all []map[string]any) {
	for _, s := range statements {
		one := map[string]any{"Sid": s.Sid, "Effect": effect, "Action": s.Actions, "Resource": s.Resources}
		if s.When != nil {
			one["Condition"] = s.When
		}
		all = append(all, one)
	}
	return all
}

// denyPlainHTTP returns a statement of a resource policy that denies all requests without TLS.
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

// arn returns the ARN of a resource in the account, region and partition of the stack.
func arn(service, resource string) string {
	return strings.Join([]string{
		"arn", *awscdk.Aws_PARTITION(), service, *awscdk.Aws_REGION(), *awscdk.Aws_ACCOUNT_ID(), resource,
	}, ":")
}

// references converts strings for properties that accept strings and constructs.
func references(values ...string) *[]any {
	references := make([]any, len(values))
	for i, value := range values {
		references[i] = value
	}
	return &references
}

var token = regexp.MustCompile(`\$\{Token\[[^]]*\]\}`)

// escape returns a literal as a regular expression, for use between slashes.
func escape(literal string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(literal), "/", `\/`)
}
