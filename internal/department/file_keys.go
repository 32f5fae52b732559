package department

import (
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// The functions in this file, in job_keys.go and in filter_keys.go are the only description of the keys: their names,
// meanings, values and defaults. The decoder, its suggestions and schema.json all use them. They are functions and not
// variables, so the linker removes them from programs that use only the package's types.

func fileKeys() yamlschema.Mapping[Department] {
	return yamlschema.Mapping[Department]{
		Example: "department: sales, and the other keys below",
		Fields: []yamlschema.Field[Department]{
			yamlschema.Required("department", "sales", "The department's name: the file's name without .yaml. The stack is oralake-NAME.",
				departmentName, func(d *Department) *string { return &d.Name }),
			yamlschema.Required("network", "{create: 10.40.0.0/24}",
				"The network of the DMS replication instance: an existing VPC (vpcId, subnetIds) or a small new one (create).",
				networkKeys(), func(d *Department) *Network { return &d.Network }),
			yamlschema.Required("source", "{secretName: NAME, database: SERVICE, sslMode: none}", "The Oracle database.",
				sourceKeys(), func(d *Department) *Source { return &d.Source }),
			yamlschema.Optional("replication", "The DMS replication instance.",
				replicationKeys(), func(d *Department) *Replication { return &d.Replication }),
			yamlschema.Optional("lake", "How DMS writes files to S3.", lakeKeys(), func(d *Department) *Lake { return &d.Lake }),
			yamlschema.WithDefault("timezone", "UTC", "The IANA time zone of the schedules.",
				yamlschema.Text{
					Pattern: `^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`, Form: "an IANA time zone", Example: "Europe/Berlin",
					Check: checkTimezone,
				}, func(d *Department) *string { return &d.Timezone }),
			yamlschema.WithDefault("recordDays", 400, "Days for which the records of runs are kept.",
				yamlschema.Integer{From: 1, To: 3650, Unit: "days"}, func(d *Department) *int { return &d.RecordDays }),
			yamlschema.WithDefault("logDays", 30, "Days for which logs are kept; one of CloudWatch's retention times.",
				yamlschema.Integer{From: 1, To: 3653, Steps: logSteps, Unit: "days"}, func(d *Department) *int { return &d.LogDays }),
			yamlschema.WithDefault("encryptLogs", false, "Whether the department's key encrypts the logs, too.",
				yamlschema.Boolean{}, func(d *Department) *bool { return &d.EncryptLogs }),
			yamlschema.Optional("alerts", "Who receives a message when a run fails or an alarm fires.", alertsKeys(), func(d *Department) *Alerts { return &d.Alerts }),
			yamlschema.Optional("tags", "Tags of all resources of the stack and of all replication tasks, besides those of oralake.",
				tagsByKey{}, func(d *Department) *map[string]string { return &d.Tags }),
			yamlschema.Optional("roles", "What the account demands of all IAM roles.", rolesKeys(), func(d *Department) *Roles { return &d.Roles }),
			yamlschema.Optional("keyArn",
				"A KMS key that exists, for everything that the department encrypts. Without this key of the file the stack has a KMS key of "+
					"its own. docs/jobs.md says what the key's policy must allow.",
				keyARN, func(d *Department) *string { return &d.KeyARN }),
			yamlschema.Optional("parallel",
				"auto: before each run of a full-load job, the database check plans how the large tables are split. It needs source.check.",
				yamlschema.Choice[string]{Auto}, func(d *Department) *string { return &d.Parallel }),
			yamlschema.Required("jobs", "{NAME: {type: full-load, tables: [SCHEMA.TABLE]}}",
				"The jobs by name: lists of tables, each with a migration type and a schedule.",
				namedJobs{name: slugText("a job's name", "daily-orders", 40), of: jobKeys()}, func(d *Department) *[]Job { return &d.Jobs }),
		},
		Check: checkFile,
	}
}

// itself is the Distinct of a list of text: items are compared by their text.
func itself(s string) string { return s }

// logSteps are the retention times of CloudWatch Logs, in days (PutRetentionPolicy).
var logSteps = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// ipv4Range is the form of an IPv4 address range.
const ipv4Range = `^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$`

func networkKeys() yamlschema.Mapping[Network] {
	ids := func(prefix, noun string, atLeast, atMost int) yamlschema.List[string] {
		return yamlschema.List[string]{Of: resourceID(prefix), AtLeast: atLeast, AtMost: atMost, Noun: noun, Distinct: itself}
	}
	return yamlschema.Mapping[Network]{
		Example: "{create: 10.40.0.0/24}",
		Fields: []yamlschema.Field[Network]{
			yamlschema.Optional("vpcId", "An existing VPC.", resourceID("vpc"), func(n *Network) *string { return &n.VPCID }),
			yamlschema.Optional("subnetIds", "At least two private subnets of the VPC, in different availability zones.",
				ids("subnet", "a subnet id", 2, 20), func(n *Network) *[]string { return &n.SubnetIDs }),
			yamlschema.Optional("securityGroupIds",
				"Security groups of the replication instance. Without this key it has a new one without inbound rules.",
				ids("sg", "a security group id", 1, 5), func(n *Network) *[]string { return &n.SecurityGroupIDs }),
			yamlschema.Optional("databaseRanges",
				"IPv4 ranges of the database's hosts. The new security group lets the instance reach only them, S3 and Secrets Manager.",
				yamlschema.List[string]{
					Of: yamlschema.Text{
						Pattern: ipv4Range, Form: "an IPv4 range", Example: "10.1.2.0/24", Check: checkDatabaseRange,
					},
					AtLeast: 1, AtMost: 20, Noun: "an IPv4 range", Distinct: itself,
				}, func(n *Network) *[]string { return &n.DatabaseRanges }),
			yamlschema.Optional("create", "The private IPv4 range of a new VPC, /16 to /26.",
				yamlschema.Text{
					Pattern: ipv4Range, Form: "an IPv4 range", Example: "10.40.0.0/24",
					Check: checkRange,
				}, func(n *Network) *string { return &n.Create }),
		},
		OneOf: [][]string{{"vpcId", "create"}},
		Check: checkNetwork,
	}
}

func resourceID(prefix string) yamlschema.Text {
	return yamlschema.Text{
		Pattern: "^" + prefix + "-[0-9a-f]+$", Form: prefix + "- and hexadecimal digits",
		Example: prefix + "-0a1b2c3d4e5f67890",
	}
}

func sourceKeys() yamlschema.Mapping[Source] {
	arn := func(service, resource, example string) yamlschema.Text {
		return yamlschema.Text{
			Pattern: `^arn:aws(-cn|-us-gov)?:` + service + `:[a-z0-9-]+:[0-9]{12}:` + resource + `$`,
			Form:    "an ARN of " + service, Example: example,
		}
	}
	return yamlschema.Mapping[Source]{
		Example: "{secretName: NAME, database: SERVICE, sslMode: none}",
		Fields: []yamlschema.Field[Source]{
			yamlschema.Optional("secretArn", "The Secrets Manager secret with username, password, host and port.",
				arn("secretsmanager", `secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}`,
					"arn:aws:secretsmanager:eu-central-1:111122223333:secret:oracle-AbCdEf"),
				func(s *Source) *string { return &s.SecretARN }),
			yamlschema.Optional("secretName", "The secret by its name, in the account and region of the stack. It replaces secretArn.",
				yamlschema.Text{Pattern: `^[A-Za-z0-9/_+=.@-]{1,512}$`, Form: "a secret's name", Example: "oralake/sales"},
				func(s *Source) *string { return &s.SecretName }),
			yamlschema.Optional("secretKeyArn", "The KMS key of the secret, if it is not the account's aws/secretsmanager.",
				keyARN,
				func(s *Source) *string { return &s.SecretKeyARN }),
			yamlschema.Required("database", "ORCLPDB1", "Oracle service name or SID.",
				yamlschema.Text{Pattern: `^[A-Za-z][A-Za-z0-9_.$#-]{0,127}$`, Form: "a service name or SID", Example: "ORCLPDB1"},
				func(s *Source) *string { return &s.Database }),
			yamlschema.Required("sslMode", "none to send the password and all rows unencrypted, or sslMode: verify-ca with certificateArn",
				"Encryption between DMS and Oracle. none: the password and all rows cross the network unencrypted. verify-ca needs "+
					"certificateArn. There is no default.",
				yamlschema.Choice[string]{"none", "verify-ca"}, func(s *Source) *string { return &s.SSLMode }),
			yamlschema.Optional("certificateArn", "The Oracle wallet, imported as a DMS certificate.",
				arn("dms", `cert:[A-Za-z0-9-]+`, "arn:aws:dms:eu-central-1:111122223333:cert:ABCDEFGHIJKLMNOP"),
				func(s *Source) *string { return &s.CertificateARN }),
			yamlschema.WithDefault("capture", "logminer",
				"How CDC reads the redo log. A pluggable database, RAC, several CDC jobs or much redo need binary-reader.",
				yamlschema.Choice[string]{"logminer", "binary-reader"}, func(s *Source) *string { return &s.Capture }),
			yamlschema.WithDefault("openTransactionMinutes", DefaultOpenTransactionMinutes,
				"The longest time for which a transaction stays open at the source. Without a database check, a cdc job that starts now "+
					"reads the redo log from so many minutes before; the log must go back as far. The first load of a full-load-and-cdc "+
					"job waits so long for open transactions, and then its task fails.",
				yamlschema.Integer{From: 1, To: 1440, Unit: "minutes"}, func(s *Source) *int { return &s.OpenTransactionMinutes }),
			yamlschema.WithDefault("redoDeadlineHours", DefaultRedoDeadlineHours,
				"For how many hours a task that follows changes should be able to stand still before the archived redo logs that it "+
					"needs are deleted. People are alerted if it is less. Only with a database check.",
				yamlschema.Integer{From: 1, To: 720, Unit: "hours"}, func(s *Source) *int { return &s.RedoDeadlineHours }),
			yamlschema.Optional("oracle", "Settings of the Oracle endpoint, for databases that need them.",
				oracleKeys(), func(s *Source) *OracleSettings { return &s.Oracle }),
			yamlschema.Optional("check",
				"Whether a run first checks the database. report: the run's record holds the findings. require: also, a finding that "+
					"fails the job stops the run. off: no check. Default: report if driver is go-ora or the layer with the Oracle client "+
					"exists, otherwise off.",
				yamlschema.Choice[string]{CheckOff, CheckReport, CheckRequire}, func(s *Source) *string { return &s.Check }),
			yamlschema.WithDefault("driver", Godror,
				"How the check connects to the database: godror, with the Oracle client (see lambda_layer), or go-ora, without it.",
				yamlschema.Choice[string]{Godror, GoOra}, func(s *Source) *string { return &s.Driver }),
		},
		OneOf: [][]string{{"secretArn", "secretName"}},
		Check: checkSource,
	}
}

func replicationKeys() yamlschema.Mapping[Replication] {
	return yamlschema.Mapping[Replication]{Example: "{storageGB: 100}", Fields: []yamlschema.Field[Replication]{
		yamlschema.WithDefault("class", "dms.c6i.large", "DMS instance class of the families t3, c5, c6i, c7i, r5, r6i and r7i.",
			yamlschema.Text{
				Pattern: `^dms\.(t3\.(micro|small|medium|large)|(c5|c6i|c7i|r5|r6i|r7i)\.(large|([1-9][0-9]?)?xlarge))$`,
				Form:    "a class of the families t3, c5, c6i, c7i, r5, r6i or r7i", Example: "dms.c6i.large",
			}, func(r *Replication) *string { return &r.Class }),
		yamlschema.WithDefault("storageGB", 100, "Gigabytes for logs and cached changes.",
			yamlschema.Integer{From: 5, To: 6144, Unit: "gigabytes"}, func(r *Replication) *int { return &r.StorageGB }),
		yamlschema.WithDefault("engineVersion", defaultEngine,
			"DMS engine version, 3.5.4 or later. A deploy upgrades the instance; DMS never does so by itself, and never goes back.",
			yamlschema.Text{Pattern: engine.String(), Form: "three numbers", Example: defaultEngine, Check: checkEngine},
			func(r *Replication) *string { return &r.EngineVersion }),
		yamlschema.WithDefault("multiAz", false, "Whether a standby in another availability zone takes over.",
			yamlschema.Boolean{}, func(r *Replication) *bool { return &r.MultiAZ }),
		yamlschema.Optional("maintenanceWindow",
			"The weekly time at which DMS may patch and restart the instance, in UTC: at least 30 minutes, such as "+
				"sun:15:00-sun:15:30. The default is a time that no full load's schedule runs into.",
			windowText(), func(r *Replication) *string { return &r.MaintenanceWindow }),
	}}
}

func lakeKeys() yamlschema.Mapping[Lake] {
	return yamlschema.Mapping[Lake]{Example: "{format: parquet}", Fields: []yamlschema.Field[Lake]{
		yamlschema.WithDefault("format", "parquet", "The files' format.",
			yamlschema.Choice[string]{"parquet", "csv"}, func(l *Lake) *string { return &l.Format }),
		yamlschema.WithDefault("maxFileMB", 1024, "The largest size of a full-load file, in megabytes.",
			yamlschema.Integer{From: 1, To: 1024, Unit: "megabytes"}, func(l *Lake) *int { return &l.MaxFileMB }),
		yamlschema.WithDefault("cdcMaxBatchSeconds", 600, "DMS writes a file of changes after at most this many seconds, if there are changes.",
			yamlschema.Integer{From: 60, To: 3600, Unit: "seconds"}, func(l *Lake) *int { return &l.CDCMaxBatchSeconds }),
		yamlschema.WithDefault("cdcMinFileMB", 64, "DMS writes a file of changes earlier when there are this many megabytes.",
			yamlschema.Integer{From: 1, To: 1024, Unit: "megabytes"}, func(l *Lake) *int { return &l.CDCMinFileMB }),
		yamlschema.WithDefault("timestampColumn", "ORALAKE_TS",
			"The name of a column that DMS adds to every row: the time of the commit, or of the task's start in a full load.",
			timestampName(), func(l *Lake) *string { return &l.TimestampColumn }),
		yamlschema.Optional("catalog",
			"glue: the published full loads are tables in the Data Catalog of AWS Glue, where Athena finds them. off: the stack has "+
				"nothing of Glue. Default: glue, and off for format: csv.",
			yamlschema.Choice[string]{CatalogGlue, CatalogOff}, func(l *Lake) *string { return &l.Catalog }),
		yamlschema.Optional("database", "The database in the Data Catalog, which the stack creates. Default: oralake_NAME, with the department's name.",
			yamlschema.Text{
				Pattern: `^[a-z][a-z0-9_]{0,254}$`, Form: "a name of lower-case letters, digits and _ that begins with a letter", Example: "oralake_sales",
			}, func(l *Lake) *string { return &l.Database }),
		yamlschema.WithDefault("keepSnapshots", 2,
			"How many full loads of a table stay in the lake: the published one, and earlier ones that a rollback can put back.",
			yamlschema.Integer{From: 1, To: 30, Unit: "snapshots"}, func(l *Lake) *int { return &l.KeepSnapshots }),
		yamlschema.WithDefault("readersMinutes", 60,
			"How many minutes the files of a replaced full load stay at least: a query that has begun reads them meanwhile. It is at least "+
				"as long as the longest query.",
			yamlschema.Integer{From: 1, To: 10080, Unit: "minutes"}, func(l *Lake) *int { return &l.ReadersMinutes }),
	}}
}

// timestampName is a lake name that differs from the other added columns. The comparison ignores case, as Glue and Athena
// do.
func timestampName() yamlschema.Text {
	text := lakeName
	text.Check = func(v string) *yamlschema.Fault {
		for _, taken := range []string{ColumnSCN, ColumnSequence, ColumnOp} {
			if strings.EqualFold(v, taken) {
				return yamlschema.Faultf("choose another name, such as ORALAKE_TS",
					"lake.timestampColumn is %s, which is the name of another added column", v)
			}
		}
		return nil
	}
	return text
}
