package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// endpoints are the ARNs of the DMS endpoints: one for the database, one for full loads, and two for the folder of jobs that
// follow changes. The two have the same settings and other roles.
type endpoints struct {
	Scope   constructs.Construct // the parent of the endpoints and their roles
	Source  string               // the Oracle database
	Full    string               // the target of the tasks of full-load jobs
	CDC     string               // the target of cdc tasks: DMS may write files there and delete none
	CDCLoad string               // the target of tasks that load tables into the folder of their changes: DMS replaces their files
	// Definitions are fingerprints of the endpoints' properties.
	Definitions contract.EndpointDefinitions
}

func newEndpoints(parent constructs.Construct, d *department.Department, store retainedData) endpoints {
	scope := constructs.NewConstruct(parent, new("Endpoints"))
	replaces, onlyWrites := newLakeRole(scope, store), newChangesRole(scope, store)
	target := func(id string, role awsiam.CfnRole, settings *awsdms.CfnEndpoint_S3SettingsProperty) (arn, definition string) {
		settings.ServiceAccessRoleArn = role.AttrArn()
		props := &awsdms.CfnEndpointProps{EndpointType: new("target"), EngineName: new("s3"), S3Settings: settings}
		return *awsdms.NewCfnEndpoint(scope, &id, props).Ref(), endpointDefinition(d, props)
	}
	e := endpoints{Scope: scope}
	e.Source, e.Definitions.Source = newSource(scope, d)
	e.Full, e.Definitions.Full = target("Full", replaces, fullSettings(d.Lake, store))
	// Older versions have one endpoint for both, with the ID CDC. The tasks that load keep it, because DMS does not move a task to
	// another endpoint. A cdc task can be made again from its checkpoint.
	e.CDCLoad, e.Definitions.CDCLoad = target("CDC", replaces, cdcSettings(d.Lake, store))
	e.CDC, e.Definitions.CDC = target("CDCOnly", onlyWrites, cdcSettings(d.Lake, store))
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
	return *awsdms.NewCfnEndpoint(scope, new("Source"), props).Ref(), endpointDefinition(d, props)
}

// endpointDefinition returns a fingerprint of an endpoint. A prefix of role names belongs to it: with another prefix the endpoint gets
// another role, whose ARN is not known here.
func endpointDefinition(d *department.Department, props *awsdms.CfnEndpointProps) string {
	if d.Roles.NamePrefix == "" {
		return fingerprint(props)
	}
	return fingerprint(map[string]any{"endpoint": props, "roleNamePrefix": d.Roles.NamePrefix})
}

// readSecret returns the permissions to read the secret and, if the secret has its own KMS key, to decrypt it
// (security_iam_secretsmanager).
func readSecret(s department.Source) []statement {
	read := statement{
		Sid: "Secret", Actions: []string{"secretsmanager:GetSecretValue"},
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
	return newRole(scope, "LakeRole", roleProps{
		Service: "dms.amazonaws.com", Description: "DMS writes to the lake and replaces files", Allow: writeLake(store),
	})
}

// newChangesRole adds the role with which cdc tasks write to the lake. It may not delete files of tables: a cdc task that is made
// again gets the folder of its predecessor, and DMS does not document that the first start of a task leaves older files alone. The
// file that tests a connection is higher up, so the role may delete that.
func newChangesRole(scope constructs.Construct, store retainedData) awsiam.CfnRole {
	return newRole(scope, "ChangesRole", roleProps{
		Service: "dms.amazonaws.com", Description: "DMS writes changes to the lake and deletes none", Allow: writeLake(store),
		Deny: []statement{{
			Sid: "KeepChanges", Actions: []string{"s3:DeleteObject"},
			Resources: []string{*store.Bucket.AttrArn() + "/" + contract.CDCFolder + "/*/*/*"},
		}},
	})
}

// writeLake returns the permissions to write the lake's bucket.
func writeLake(store retainedData) []statement {
	return append(writeBucket(*store.Bucket.AttrArn()), statement{
		Sid: "Encrypt", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"},
		Resources: []string{*store.Key.AttrArn()},
	})
}

// writeBucket returns the permissions that DMS needs on the bucket itself (CHAP_Target.S3, "Prerequisites"). It lacks the one to abort
// an upload in parts: S3 allows that to whoever began the upload, and the bucket's lifecycle rule deletes parts that are left.
func writeBucket(bucket string) []statement {
	return []statement{
		{Sid: "List", Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
		{
			Sid:       "Write",
			Actions:   []string{"s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging"},
			Resources: []string{bucket + "/*"},
			Wide: "DMS chooses the names of the files, also of the file that tests a connection, whose folder the guide does not " +
				"document; the bucket holds only the lake.",
		},
	}
}
