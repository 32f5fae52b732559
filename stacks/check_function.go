package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/contract"
)

// layerZip is where the layer lies that `go run ./lambda_layer` makes.
const layerZip = "lambda_layer/oracle-client.zip"

// newCheck makes the function, beside the replication instance: what lets the one reach the database lets the other.
func newCheck(scope constructs.Construct, p functionsProps) lambdaFunction {
	secret := p.Source.SecretARN
	if secret == "" {
		secret = p.Source.SecretName
	}
	s := spec{
		Timeout: contract.CheckTimeout, Does: "asks the database whether it is ready", Allow: p.checkMay(),
		Environment: map[string]string{contract.EnvSecretID: secret, contract.EnvDatabase: p.Source.Database},
		MemoryMB:    512, Folder: checkFolder(p.Check.Driver),
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

// checkMay reads the secret and the requests of runs, and writes the answers.
func (p functionsProps) checkMay() []statement {
	allow := []statement{
		p.runDocuments("s3:GetObject", "s3:PutObject"),
		p.runDocumentsKey(),
		{
			Sid: "Network", Actions: []string{
				"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
				"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
			},
			Resources: []string{"*"},
			Wide: "Lambda asks for exactly this to place a function in a VPC (configuration-vpc.html); it makes up the interfaces' " +
				"names itself.",
		},
	}
	for _, s := range readSecret(p.Source) {
		switch s.Sid {
		case "Secret":
			s.Actions = []string{"secretsmanager:GetSecretValue"}
			if p.Source.SecretARN == "" {
				s.Wide = "Secrets Manager ends a secret's ARN with six characters that nobody knows before it is made."
			}
		case "SecretKeyState":
			continue
		}
		allow = append(allow, s)
	}
	return allow
}

// runDocuments allows the folder of the lake in which runs keep what they ask the database, and what it answers.
func (p functionsProps) runDocuments(actions ...string) statement {
	return statement{
		Sid: "RunDocuments", Actions: actions, Resources: []string{*p.Lake.AttrArn() + "/" + contract.RunsFolder + "/*"},
		Wide: "Each run has a folder of its own, named when it starts.",
	}
}

func (p functionsProps) runDocumentsKey() statement {
	return statement{
		Sid: "RunDocumentsKey", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resources: []string{p.KeyARN},
	}
}
