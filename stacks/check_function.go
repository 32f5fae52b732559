package stacks

import (
	"cmp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/contract"
)

// layerZip is the path of the layer that `go run ./lambda_layer` writes.
const layerZip = "lambda_layer/oracle-client.zip"

// newCheck adds the check function, in the subnets and security groups of the replication instance. So a network that lets
// the instance reach the database lets the function reach it too.
func newCheck(scope constructs.Construct, p functionsProps) lambdaFunction {
	s := spec{
		Timeout: contract.CheckTimeout, Does: "checks whether the database is ready", Allow: p.checkMay(), Deny: notByCode(),
		Environment: p.checkReads(),
		MemoryMB:    contract.CheckMemoryMB, Folder: checkFolder(p.Check.Driver),
		Network: &awslambda.CfnFunction_VpcConfigProperty{
			SubnetIds: jsii.Strings(p.Network.SubnetIDs...), SecurityGroupIds: jsii.Strings(p.Network.SecurityGroupIDs...),
		},
	}
	if p.Check.Layer != "" {
		content := awss3assets.NewAsset(scope, new("OracleClientZip"), &awss3assets.AssetProps{Path: &p.Check.Layer})
		architectures := []*string{new(string(p.Code.Architecture))}
		version := awslambda.NewCfnLayerVersion(scope, new("OracleClient"), &awslambda.CfnLayerVersionProps{
			Description:             new("oralake " + p.Department + ": Oracle Instant Client"),
			CompatibleArchitectures: &architectures,
			Content: &awslambda.CfnLayerVersion_ContentProperty{
				S3Bucket: content.S3BucketName(), S3Key: content.S3ObjectKey(),
			},
		})
		s.Layers = []string{*version.Ref()}
	}
	return newFunction(scope, "check", p, s)
}

// checkReads returns the check function's own environment variables.
func (p functionsProps) checkReads() map[string]string {
	reads := map[string]string{
		contract.EnvSecretID: cmp.Or(p.Source.SecretARN, p.Source.SecretName), contract.EnvDatabase: p.Source.Database,
	}
	if p.Source.CertificateARN != "" {
		reads[contract.EnvCertificateARN] = p.Source.CertificateARN
	}
	return reads
}

// networkInterfaces are the actions with which Lambda connects a function to a VPC.
var networkInterfaces = []string{
	"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
	"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}

// notByCode denies the network interfaces of the account to the code of the function: only Lambda itself needs them, and its requests
// have no lambda:SourceFunctionArn ("Security best practices" of configuration-vpc.html). The role is of one function only, so the
// pattern of all functions means that one, whose ARN the role cannot name: the function needs the role.
func notByCode() []statement {
	return []statement{{
		Sid: "NotByCode", Actions: networkInterfaces, Resources: []string{"*"},
		When: condition{"ArnLike": {"lambda:SourceFunctionArn": arn("lambda", "function:*")}},
	}}
}

// checkMay returns the permissions of the check function: to read the secret and the certificate, to read the requests of runs and
// to write the answers.
func (p functionsProps) checkMay() []statement {
	allow := []statement{
		p.runDocuments("s3:GetObject", "s3:PutObject"),
		p.runDocumentsKey(),
		{
			Sid: "Network", Actions: networkInterfaces, Resources: []string{"*"},
			Wide: "Lambda requires exactly these permissions for a function in a VPC (configuration-vpc.html), and it chooses the names " +
				"of the network interfaces.",
		},
	}
	if p.Source.CertificateARN != "" {
		allow = append(allow, readCertificate())
	}
	for _, s := range readSecret(p.Source) {
		switch s.Sid {
		case "Secret":
			if p.Source.SecretARN == "" {
				s.Wide = "Secrets Manager adds six random characters to the ARN of a secret when the secret is created."
			}
		case "SecretKeyState":
			continue
		}
		allow = append(allow, s)
	}
	return allow
}

// readCertificate returns the permission to read the DMS certificate.
func readCertificate() statement {
	return statement{
		Sid: "Certificate", Actions: []string{"dms:DescribeCertificates"}, Resources: []string{"*"},
		Wide: "DescribeCertificates has no resource type (Service Authorization Reference, AWS Database Migration Service).",
	}
}

// runDocuments allows actions on the folder of the lake with the run documents: the requests of checks and their answers.
func (p functionsProps) runDocuments(actions ...string) statement {
	return statement{
		Sid: "RunDocuments", Actions: actions, Resources: []string{*p.Lake.AttrArn() + "/" + contract.RunsFolder + "/*"},
		Wide: "Each run has its own folder, which gets its name when the run starts.",
	}
}

func (p functionsProps) runDocumentsKey() statement {
	return statement{
		Sid: "RunDocumentsKey", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resources: []string{p.KeyARN},
	}
}
