package stacks

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/department"
)

// contextRolePrefix is the key of a stack's context with the beginning of the names of its roles.
const contextRolePrefix = "oralake:roleNamePrefix"

// followAccountRules gives all roles of a stack what the rules of its account demand. Call it before roles are added. The boundary is
// also that of roles that a construct of the CDK would add.
func followAccountRules(stack awscdk.Stack, rules department.Roles) {
	if rules.NamePrefix != "" {
		stack.Node().SetContext(new(contextRolePrefix), rules.NamePrefix)
	}
	if rules.PermissionsBoundaryARN != "" {
		boundary := awsiam.ManagedPolicy_FromManagedPolicyArn(stack, new("PermissionsBoundary"), &rules.PermissionsBoundaryARN)
		awsiam.PermissionsBoundary_Of(stack).Apply(boundary)
	}
}

// The parts of the name of a role. IAM takes 64 characters ("IAM and AWS STS quotas"), and no two roles of an account may have names
// that differ only in case. All regions share the names, so a name ends with the region.
const (
	longestRoleName = 64
	longestRegion   = len("ap-northeast-1") // also that of the regions of other partitions
	roleHashDigits  = 8
)

// roleName returns the name of a role in a stack whose account demands a prefix, and else nil: CloudFormation then chooses the name. It
// contains as much of the stack's name and of the role's path in the stack as fits, and a hash of both.
func roleName(scope constructs.Construct, id string) *string {
	prefix, _ := scope.Node().TryGetContext(new(contextRolePrefix)).(string)
	if prefix == "" {
		return nil
	}
	path := *scope.Node().Path() + "/" + id
	sum := sha256.Sum256([]byte(path))
	readable := []byte{}
	for i := range len(path) {
		if path[i] != '/' {
			readable = append(readable, path[i])
		}
	}
	room := longestRoleName - len(prefix) - 1 - roleHashDigits - 1 - longestRegion
	return new(prefix + string(readable[:min(room, len(readable))]) + "-" + hex.EncodeToString(sum[:])[:roleHashDigits] + "-" + *awscdk.Aws_REGION())
}
