package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// endpoints are the ARNs of the DMS endpoints: one for the database, and one for each folder of the lake.
type endpoints struct {
	Scope  constructs.Construct // the parent of the endpoints and their roles
	Source string               // the Oracle database
	Full   string               // the target of full-load tasks
	CDC    string               // the target of cdc and full-load-and-cdc tasks
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
	e.Source, e.Definitions.Source = newSource(scope, d)
	e.Full, e.Definitions.Full = target("Full", fullSettings(d.Lake, store))
	e.CDC, e.Definitions.CDC = target("CDC", cdcSettings(d.Lake, store))
	return e
}

// newSource adds the endpoint of the Oracle database. DMS reads host, port, user and password from the secret.
func newSource(scope constructs.Construct, d *department.Department) (arn, definition string) {
	s := d.Source
	role := newRole(scope, "SecretRole", roleProps{
		// For secrets of an endpoint DMS uses the principal of the region (security_iam_secretsmanager).
		Service:     "dms." + *awscdk.Aws_REGION() + ".amazonaws.com",
		Description: "DMS reads the database's secret",
		Allow:       append(readSecret(s), asmSecret(s.Oracle)...),
	})
	secret := s.SecretARN
	if secret == "" {
		secret = s.SecretName
	}
	binary := s.Capture == "binary-reader"
	settings := &awsdms.CfnEndpoint_OracleSettingsProperty{
		SecretsManagerAccessRoleArn: role.AttrArn(), SecretsManagerSecretId: &secret,
		UseLogminerReader: !binary, UseBFile: binary,
		// DMS must not change the database. The database's owner adds the supplemental logging that CDC needs.
		AddSupplementalLogging: false,
		// A LOB above the limit fails its task. Otherwise DMS would cut it off, and nobody would notice.
		FailTasksOnLobTruncation: true,
	}
	props := &awsdms.CfnEndpointProps{
		EndpointType: new("source"), EngineName: new("oracle"),
		DatabaseName: &s.Database, SslMode: &s.SSLMode,
		OracleSettings: settings,
	}
	setOracle(props, s.Oracle, role.AttrArn(), d.HasViews())
	if s.CertificateARN != "" {
		props.CertificateArn = &s.CertificateARN
	}
	return *awsdms.NewCfnEndpoint(scope, new("Source"), props).Ref(), fingerprint(props)
}

// readSecret returns the permissions to read the secret and, if the secret has its own KMS key, to decrypt it.
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

// newLakeRole adds the role with which DMS writes to the lake, and deletes files that a full load replaces (CHAP_Target.S3,
// "Prerequisites").
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
				Wide: "DMS chooses the names of the files, also of the file that tests a connection, whose folder the guide does not " +
					"document; the bucket holds only the lake.",
			},
			{
				Sid: "Encrypt", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"},
				Resources: []string{*store.Key.AttrArn()},
			},
		},
	})
}
