package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// endpoints are the ARNs of the DMS endpoints: the database, and one for each folder of the lake.
type endpoints struct {
	Scope  constructs.Construct // all of them, with their roles
	Source string
	Full   string // of full-load tasks
	CDC    string // of cdc and full-load-and-cdc tasks
	// Definitions are fingerprints of the endpoints' properties.
	Definitions contract.EndpointDefinitions
}

func newEndpoints(parent constructs.Construct, d *department.Department, store retainedData) endpoints {
	scope := constructs.NewConstruct(parent, new("Endpoints"))
	role := newLakeRole(scope, store)
	target := func(id string, settings *awsdms.CfnEndpoint_S3SettingsProperty) (arn, definition string) {
		settings.ServiceAccessRoleArn = role.AttrArn()
		props := &awsdms.CfnEndpointProps{EndpointType: new("target"), EngineName: new("s3"), S3Settings: settings}
		return *awsdms.NewCfnEndpoint(scope, &id, props).Ref(), fingerprint(props)
	}
	e := endpoints{Scope: scope}
	e.Source, e.Definitions.Source = newSource(scope, d.Source)
	e.Full, e.Definitions.Full = target("Full", fullSettings(d.Lake, store))
	e.CDC, e.Definitions.CDC = target("CDC", cdcSettings(d.Lake, store))
	return e
}

// newSource is the Oracle database. Its host, port, user and password are read from the secret by DMS itself.
func newSource(scope constructs.Construct, s department.Source) (arn, definition string) {
	role := newRole(scope, "SecretRole", roleProps{
		// Only the regional principal may read secrets for an endpoint (security_iam_secretsmanager).
		Service:     "dms." + *awscdk.Aws_REGION() + ".amazonaws.com",
		Description: "DMS reads the database's secret",
		Allow:       readSecret(s),
	})
	secret := s.SecretARN
	if secret == "" {
		secret = s.SecretName
	}
	binary := s.Capture == "binary-reader"
	props := &awsdms.CfnEndpointProps{
		EndpointType: new("source"), EngineName: new("oracle"),
		DatabaseName: &s.Database, SslMode: &s.SSLMode,
		OracleSettings: &awsdms.CfnEndpoint_OracleSettingsProperty{
			SecretsManagerAccessRoleArn: role.AttrArn(), SecretsManagerSecretId: &secret,
			UseLogminerReader: !binary, UseBFile: binary,
			// DMS does not change the database: whoever owns it adds the supplemental logging that CDC needs.
			AddSupplementalLogging: false,
			// A LOB longer than the limit fails its task rather than losing its end unseen.
			FailTasksOnLobTruncation: true,
		},
	}
	if s.CertificateARN != "" {
		props.CertificateArn = &s.CertificateARN
	}
	return *awsdms.NewCfnEndpoint(scope, new("Source"), props).Ref(), fingerprint(props)
}

// readSecret is what it takes to read the secret and, when it has a key of its own, to decrypt it.
func readSecret(s department.Source) []statement {
	read := statement{
		Sid: "Secret", Actions: []string{"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"},
		Resources: []string{s.SecretARN},
	}
	if s.SecretARN == "" {
		read.Resources = []string{arn("secretsmanager", "secret:"+s.SecretName+"-??????")}
	}
	if s.SecretKeyARN == "" {
		return []statement{read}
	}
	return []statement{
		read,
		{
			Sid: "SecretKey", Actions: []string{"kms:Decrypt"}, Resources: []string{s.SecretKeyARN},
			When: condition{"StringEquals": {"kms:ViaService": "secretsmanager." + *awscdk.Aws_REGION() + ".amazonaws.com"}},
		},
		{Sid: "SecretKeyState", Actions: []string{"kms:DescribeKey"}, Resources: []string{s.SecretKeyARN}},
	}
}

// newLakeRole lets DMS write to the lake, and delete what a full load replaces (CHAP_Target.S3, "Prerequisites").
func newLakeRole(scope constructs.Construct, store retainedData) awsiam.CfnRole {
	bucket := *store.Bucket.AttrArn()
	return newRole(scope, "LakeRole", roleProps{
		Service: "dms.amazonaws.com", Description: "DMS writes to the lake",
		Allow: []statement{
			{Sid: "List", Actions: []string{"s3:ListBucket", "s3:GetBucketLocation"}, Resources: []string{bucket}},
			{
				Sid:       "Write",
				Actions:   []string{"s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"},
				Resources: []string{bucket + "/*"},
				Wide: "DMS names the files, also the one with which it tests a connection, whose place the guide does not tell; " +
					"the bucket holds nothing but the lake.",
			},
			{
				Sid: "Encrypt", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"},
				Resources: []string{*store.Key.AttrArn()},
			},
		},
	})
}
