package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/department"
)

// newServiceEndpoints adds the VPC endpoints of S3 and Secrets Manager. DMS 3.4.7 and later needs both to read the secret and
// to write the lake without an internet connection (CHAP_VPC_Endpoints). Through them only the lake and the secrets of the source
// can be reached, and only by principals of this account: the database's network may be peered with this VPC. A check with TLS also
// reads the certificate from DMS.
func newServiceEndpoints(scope constructs.Construct, n network, routeTableID string, source department.Source, store retainedData) {
	service := func(name string) *string {
		return new("com.amazonaws." + *awscdk.Aws_REGION() + "." + name)
	}
	awsec2.NewCfnVPCEndpoint(scope, new("S3"), &awsec2.CfnVPCEndpointProps{
		VpcId: &n.VPCID, VpcEndpointType: new("Gateway"), ServiceName: service("s3"),
		RouteTableIds: references(routeTableID), PolicyDocument: onlyThisAccount(reachLake(store)),
	})
	group := awsec2.NewCfnSecurityGroup(scope, new("SecretsGroup"), &awsec2.CfnSecurityGroupProps{
		VpcId: &n.VPCID, GroupDescription: new("Secrets Manager endpoint: TLS from the replication instance"),
		SecurityGroupIngress: &[]any{&awsec2.CfnSecurityGroup_IngressProperty{
			SourceSecurityGroupId: &n.SecurityGroupIDs[0], IpProtocol: new("tcp"), FromPort: new(443.0), ToPort: new(443.0),
			Description: new("The replication instance"),
		}},
	})
	endpoint := func(id, name string, reach []statement) {
		awsec2.NewCfnVPCEndpoint(scope, &id, &awsec2.CfnVPCEndpointProps{
			VpcId: &n.VPCID, VpcEndpointType: new("Interface"), ServiceName: service(name),
			PrivateDnsEnabled: true, SubnetIds: references(n.SubnetIDs...),
			SecurityGroupIds: references(*group.AttrGroupId()), PolicyDocument: onlyThisAccount(reach),
		})
	}
	endpoint("Secrets", "secretsmanager", reachSecrets(source))
	if source.CertificateARN != "" && source.Check != department.CheckOff {
		endpoint("Certificates", "dms", []statement{readCertificate()})
	}
}

// reachLake returns what DMS and the check function do with the lake's bucket.
func reachLake(store retainedData) []statement {
	bucket := *store.Bucket.AttrArn()
	return append(writeBucket(bucket), statement{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{bucket + "/*"}})
}

// reachSecrets returns what DMS and the check function do with the secrets of the source. Its keys are not reached from here:
// Secrets Manager decrypts.
func reachSecrets(source department.Source) []statement {
	return append(readSecret(source)[:1], asmSecret(source.Oracle)...)
}

// onlyThisAccount returns the policy of a VPC endpoint that lets principals of this account do what statements say.
func onlyThisAccount(statements []statement) map[string]any {
	all := rendered("Allow", statements)
	for _, one := range all {
		one["Principal"] = map[string]any{"AWS": "*"}
		one["Condition"] = condition{"StringEquals": {"aws:PrincipalAccount": *awscdk.Aws_ACCOUNT_ID()}}
	}
	return policyDocument(all...)
}
