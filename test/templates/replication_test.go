package templates

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// endpoint returns the endpoint of a department's stack whose logical ID starts with prefix.
func endpoint(t *testing.T, stack, prefix string) resource {
	t.Helper()
	for id, r := range world(t)[stack].Resources {
		if r.Type == "AWS::DMS::Endpoint" && strings.HasPrefix(id, prefix) {
			return r
		}
	}
	t.Fatalf("%s has no endpoint %s", stack, prefix)
	return resource{}
}

// With other values, each of these settings loses data or makes it unreadable (source: CHAP_Target.S3).
func TestLakeEndpointsLoseNothing(t *testing.T) {
	for stack := range departmentStacks(t) {
		full := endpoint(t, stack, "EndpointsFull").Properties["S3Settings"].(map[string]any)
		cdc := endpoint(t, stack, "EndpointsCDC").Properties["S3Settings"].(map[string]any)
		for _, settings := range []map[string]any{full, cdc} {
			resource{Type: stack, Properties: settings}.has(t, map[string]any{
				"EncryptionMode":                       "SSE_KMS",
				"ExpectedBucketOwner":                  map[string]any{"Ref": "AWS::AccountId"},
				"UseTaskStartTimeForFullLoadTimestamp": true,
				// With these two, DMS writes CSV whatever the format.
				"PreserveTransactions": nil, "CdcPath": nil,
			})
		}
		resource{Type: stack + " full", Properties: full}.has(t, map[string]any{
			"BucketFolder": "full", "DatePartitionEnabled": nil,
		})
		seconds := 600.0 // the default
		if stack == "oralake-sales" {
			seconds = 60 // from its file
		}
		resource{Type: stack + " cdc", Properties: cdc}.has(t, map[string]any{
			"BucketFolder": "cdc", "DatePartitionEnabled": true, "IncludeOpForFullLoad": true,
			"CdcInsertsAndUpdates": false, "CdcMaxBatchInterval": seconds, "CdcMinFileSize": 65536.0,
		})
	}
}

// Stacks of different lake formats differ only in the settings of the format.
func TestLakeFormats(t *testing.T) {
	parquet := endpoint(t, "oralake-sales", "EndpointsFull").Properties["S3Settings"].(map[string]any)
	resource{Properties: parquet}.has(t, map[string]any{
		"DataFormat": "parquet", "ParquetVersion": "parquet-2-0", "ParquetTimestampInMillisecond": true,
		"EncodingType": "rle-dictionary", "EnableStatistics": true, "MaxFileSize": 1048576.0,
		"AddColumnName": nil, "Rfc4180": nil,
	})
	csv := endpoint(t, "oralake-archive", "EndpointsFull").Properties["S3Settings"].(map[string]any)
	resource{Properties: csv}.has(t, map[string]any{
		"DataFormat": "csv", "ParquetVersion": nil, "EncodingType": nil, "MaxFileSize": 524288.0,
		"AddColumnName": true, "Rfc4180": true,
	})
}

// No template has a password, and no truncated LOB is loaded as a whole one.
func TestSourceReadsItsSecret(t *testing.T) {
	for stack := range departmentStacks(t) {
		source := endpoint(t, stack, "EndpointsSource")
		source.has(t, map[string]any{"Username": nil, "Password": nil, "ServerName": nil, "Port": nil})
		resource{Type: stack, Properties: source.Properties["OracleSettings"].(map[string]any)}.has(t, map[string]any{
			"FailTasksOnLobTruncation": true, "AddSupplementalLogging": false,
		})
	}
	endpoint(t, "oralake-archive", "EndpointsSource").has(t, map[string]any{
		"DatabaseName": "ARCHIVE", "SslMode": "verify-ca",
		"CertificateArn": "arn:aws:dms:eu-central-1:111122223333:cert:ARCHIVEWALLET",
	})
}

// LogMiner does not read pluggable databases; Binary Reader does. Exactly one of them is on.
func TestCapture(t *testing.T) {
	for stack, binary := range map[string]bool{"oralake-sales": true, "oralake-archive": true, "oralake-finance": false} {
		settings := endpoint(t, stack, "EndpointsSource").Properties["OracleSettings"].(map[string]any)
		resource{Type: stack, Properties: settings}.has(t, map[string]any{"UseLogminerReader": !binary, "UseBFile": binary})
	}
}

// The settings of the Oracle endpoint reach DMS. CloudFormation reads the secret of the encryption key, so the template does not
// have it.
func TestOracleSettings(t *testing.T) {
	source := endpoint(t, "oralake-archive", "EndpointsSource")
	source.has(t, map[string]any{"ExtraConnectionAttributes": "convertTimestampWithZoneToUTC=true;readAheadBlocks=150000"})
	resource{Type: "archive", Properties: source.Properties["OracleSettings"].(map[string]any)}.has(t, map[string]any{
		"SecretsManagerOracleAsmSecretId": "archive-asm", "AsmServer": nil,
		"SecurityDbEncryptionName": "ORACLE.SECURITY.DB.ENCRYPTION.AbCdEf",
		"SecurityDbEncryption":     "{{resolve:secretsmanager:archive-tde:SecretString:key}}",
		"ArchivedLogDestId":        2.0, "AdditionalArchivedLogDestId": 3.0, "NumberDatatypeScale": -2.0, "StandbyDelayTime": 10.0,
	})
	source = endpoint(t, "oralake-finance", "EndpointsSource")
	source.has(t, map[string]any{"ExtraConnectionAttributes": nil})
	resource{Type: "finance", Properties: source.Properties["OracleSettings"].(map[string]any)}.has(t, map[string]any{
		"ArchivedLogDestId": nil, "NumberDatatypeScale": nil, "StandbyDelayTime": nil, "SecurityDbEncryption": nil,
	})
}

// DMS creates the log group dms-tasks-INSTANCE itself, without a retention, if it does not exist before the instance.
func TestTaskLogsBelongToTheInstance(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		groups := map[string]string{}
		for id, r := range one.Resources {
			if name, ok := r.Properties["LogGroupName"].(string); ok {
				groups[id] = name
			}
		}
		for id, r := range one.Resources {
			if r.Type != "AWS::DMS::ReplicationInstance" {
				continue
			}
			want := "dms-tasks-" + r.Properties["ReplicationInstanceIdentifier"].(string)
			var got string
			for _, dependency := range dependsOn(t, one, id) {
				if name, ok := groups[dependency]; ok {
					got = name
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("log group that the instance of %s waits for (-want +got):\n%s", stack, diff)
			}
		}
	}
}
