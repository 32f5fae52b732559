package stacks

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"

	"github.com/oralake/oralake/internal/department"
)

// setOracle adds the file's settings of the Oracle endpoint. role is the role with which DMS reads secrets. views says that a job
// lists a view.
func setOracle(props *awsdms.CfnEndpointProps, o department.OracleSettings, role *string, views bool) {
	settings := props.OracleSettings.(*awsdms.CfnEndpoint_OracleSettingsProperty)
	if o.ASM != nil {
		// A secret excludes the endpoint's own AsmUser, AsmPassword and AsmServer.
		settings.SecretsManagerOracleAsmSecretId, settings.SecretsManagerOracleAsmAccessRoleArn = &o.ASM.SecretName, role
	}
	if o.TDE != nil {
		// CloudFormation reads the secret when it makes the endpoint, so the template does not have its value.
		settings.SecurityDbEncryptionName = &o.TDE.KeyName
		settings.SecurityDbEncryption = new("{{resolve:secretsmanager:" + o.TDE.SecretName + ":SecretString:key}}")
	}
	settings.ArchivedLogDestId = positive(o.ArchivedLogDestID)
	settings.AdditionalArchivedLogDestId = positive(o.AdditionalArchivedLogDestID)
	settings.StandbyDelayTime = positive(o.StandbyDelayMinutes)
	if o.NumberDatatypeScale != nil {
		settings.NumberDatatypeScale = new(float64(*o.NumberDatatypeScale))
	}
	// CloudFormation's OracleSettings lack these members.
	var attributes []string
	if views {
		attributes = append(attributes, "exposeViews=true") // without it a task sees no views (CHAP_Source.Oracle)
	}
	if o.UseZeroDestID {
		attributes = append(attributes, "useZeroDestid=true")
	}
	if o.ConvertTimestampWithZoneToUTC {
		attributes = append(attributes, "convertTimestampWithZoneToUTC=true")
	}
	if o.ExtraConnectionAttributes != "" {
		attributes = append(attributes, strings.TrimSuffix(o.ExtraConnectionAttributes, ";"))
	}
	if len(attributes) > 0 {
		props.ExtraConnectionAttributes = new(strings.Join(attributes, ";"))
	}
}

// positive returns a number of the template, or nil for 0, which leaves DMS's default.
func positive(n int) *float64 {
	if n == 0 {
		return nil
	}
	return new(float64(n))
}

// asmSecret returns the permission to read the secret of Automatic Storage Management.
func asmSecret(o department.OracleSettings) []statement {
	if o.ASM == nil {
		return nil
	}
	return []statement{{
		Sid: "ASMSecret", Actions: []string{"secretsmanager:GetSecretValue"},
		Resources: []string{arn("secretsmanager", "secret:"+o.ASM.SecretName+"-??????")},
	}}
}
