package department

import "strings"

// The shapes in this file and in jobs_file.go are the one place that says which keys there are, what they mean, which
// values they take and what holds without them. Reading, suggestions and schema.json all come from here. They are
// functions, not variables, so that programs which only use the types do not carry them along.

func fileShape() record[Department] {
	return record[Department]{
		example: "department: sales, and the other keys below",
		fields: []field[Department]{
			required("department", "sales", "The department's name: that of the file, without .yaml. The stack is oralake-NAME.",
				departmentName, func(d *Department) *string { return &d.Name }),
			required("network", "{create: 10.40.0.0/24}",
				"Where the DMS replication instance lives: in an existing VPC (vpcId, subnetIds) or a small new one (create).",
				networkShape(), func(d *Department) *Network { return &d.Network }),
			required("source", "{secretName: NAME, database: SERVICE}", "The Oracle database.",
				sourceShape(), func(d *Department) *Source { return &d.Source }),
			optional("replication", "The DMS replication instance.",
				replicationShape(), func(d *Department) *Replication { return &d.Replication }),
			optional("lake", "How files are written to S3.", lakeShape(), func(d *Department) *Lake { return &d.Lake }),
			defaulted("timezone", "UTC", "IANA time zone in which the schedules are read.",
				word{
					pattern: `^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`, form: "an IANA time zone", example: "Europe/Berlin",
					check: checkTimezone,
				}, func(d *Department) *string { return &d.Timezone }),
			defaulted("recordDays", 400, "Days for which the records of runs are kept.",
				whole{from: 1, to: 3650, unit: "days"}, func(d *Department) *int { return &d.RecordDays }),
			defaulted("logDays", 30, "Days for which logs are kept; one of CloudWatch's steps.",
				whole{from: 1, to: 3653, steps: logSteps, unit: "days"}, func(d *Department) *int { return &d.LogDays }),
			optional("alerts", "Who is told of a run that failed.", alertsShape(), func(d *Department) *[]string { return &d.AlertEmails }),
			optional("parallel",
				"auto has every full-load job plan, from what the check finds, how its large tables are split. It needs source.check.",
				choice[string]{Auto}, func(d *Department) *string { return &d.Parallel }),
			required("jobs", "{NAME: {type: full-load, tables: [SCHEMA.TABLE]}}",
				"The jobs by name: lists of tables, each with a migration type and a schedule.",
				namedJobs{slugWord("a job's name", "daily-orders", 40), jobShape()}, func(d *Department) *[]Job { return &d.Jobs }),
		},
		check: checkFile,
	}
}

func alertsShape() record[[]string] {
	return record[[]string]{
		example: "{emails: [data-team@example.com]}",
		fields: []field[[]string]{
			required("emails", "[data-team@example.com]", "Addresses; AWS asks each to confirm before it gets anything.",
				listOf[string]{
					of:      word{pattern: `^[^@\s]+@[^@\s]+\.[^@\s]+$`, form: "an e-mail address", example: "data-team@example.com"},
					atLeast: 1, noun: "an address", distinct: itself,
				}, func(emails *[]string) *[]string { return emails }),
		},
	}
}

// logSteps are the retention times CloudWatch Logs has (PutRetentionPolicy), in days.
var logSteps = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func networkShape() record[Network] {
	ids := func(prefix, noun string, atLeast, atMost int) listOf[string] {
		return listOf[string]{of: resourceID(prefix), atLeast: atLeast, atMost: atMost, noun: noun, distinct: itself}
	}
	return record[Network]{
		example: "{create: 10.40.0.0/24}",
		fields: []field[Network]{
			optional("vpcId", "An existing VPC.", resourceID("vpc"), func(n *Network) *string { return &n.VPCID }),
			optional("subnetIds", "At least two private subnets of the VPC, in different availability zones.",
				ids("subnet", "a subnet id", 2, 20), func(n *Network) *[]string { return &n.SubnetIDs }),
			optional("securityGroupIds",
				"Security groups of the replication instance; without them it gets a new one that lets nothing in.",
				ids("sg", "a security group id", 1, 5), func(n *Network) *[]string { return &n.SecurityGroupIDs }),
			optional("create", "The private IPv4 range of a new VPC, /16 to /26.",
				word{
					pattern: `^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$`, form: "an IPv4 range", example: "10.40.0.0/24",
					check: checkRange,
				}, func(n *Network) *string { return &n.Create }),
		},
		choices: [][]string{{"vpcId", "create"}},
		check:   checkNetwork,
	}
}

func resourceID(prefix string) word {
	return word{
		pattern: "^" + prefix + "-[0-9a-f]+$", form: prefix + "- and hexadecimal digits",
		example: prefix + "-0a1b2c3d4e5f67890",
	}
}

func sourceShape() record[Source] {
	arn := func(service, resource, example string) word {
		return word{
			pattern: `^arn:aws(-cn|-us-gov)?:` + service + `:[a-z0-9-]+:[0-9]{12}:` + resource + `$`,
			form:    "an ARN of " + service, example: example,
		}
	}
	return record[Source]{
		example: "{secretName: NAME, database: SERVICE}",
		fields: []field[Source]{
			optional("secretArn", "The Secrets Manager secret with username, password, host and port.",
				arn("secretsmanager", `secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}`,
					"arn:aws:secretsmanager:eu-central-1:111122223333:secret:oracle-AbCdEf"),
				func(s *Source) *string { return &s.SecretARN }),
			optional("secretName", "The same by name: a secret of the account and region that is deployed to.",
				word{pattern: `^[A-Za-z0-9/_+=.@-]{1,512}$`, form: "a secret's name", example: "oralake/sales"},
				func(s *Source) *string { return &s.SecretName }),
			optional("secretKeyArn", "The KMS key of the secret, when it is not the account's aws/secretsmanager.",
				arn("kms", `key/[A-Za-z0-9-]+`, "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0a1b2c3d4e5f"),
				func(s *Source) *string { return &s.SecretKeyARN }),
			required("database", "ORCLPDB1", "Oracle service name or SID.",
				word{pattern: `^[A-Za-z][A-Za-z0-9_.$#-]{0,127}$`, form: "a service name or SID", example: "ORCLPDB1"},
				func(s *Source) *string { return &s.Database }),
			defaulted("sslMode", "none", "Encryption between DMS and Oracle; verify-ca needs certificateArn.",
				choice[string]{"none", "verify-ca"}, func(s *Source) *string { return &s.SSLMode }),
			optional("certificateArn", "The Oracle wallet, imported as a DMS certificate.",
				arn("dms", `cert:[A-Za-z0-9-]+`, "arn:aws:dms:eu-central-1:111122223333:cert:ABCDEFGHIJKLMNOP"),
				func(s *Source) *string { return &s.CertificateARN }),
			defaulted("capture", "logminer",
				"How CDC reads the redo log. A pluggable database, RAC, several CDC jobs or much redo need binary-reader.",
				choice[string]{"logminer", "binary-reader"}, func(s *Source) *string { return &s.Capture }),
			optional("check",
				"Whether a run first asks the database if it is ready: report notes what is wrong, require also stops the run, off "+
					"does not ask. Without it: report with the driver go-ora, or when there is a layer with the Oracle client, else off.",
				choice[string]{CheckOff, CheckReport, CheckRequire}, func(s *Source) *string { return &s.Check }),
			defaulted("driver", Godror,
				"How the check reaches the database: godror, through the Oracle client (see lambda_layer), or go-ora, without one.",
				choice[string]{Godror, GoOra}, func(s *Source) *string { return &s.Driver }),
		},
		choices: [][]string{{"secretArn", "secretName"}},
		check:   checkSource,
	}
}

func replicationShape() record[Replication] {
	return record[Replication]{example: "{storageGB: 100}", fields: []field[Replication]{
		defaulted("class", "dms.c6i.large", "DMS instance class of the families t3, c5, c6i, c7i, r5, r6i and r7i.",
			word{
				pattern: `^dms\.(t3\.(micro|small|medium|large)|(c5|c6i|c7i|r5|r6i|r7i)\.(large|([1-9][0-9]?)?xlarge))$`,
				form:    "a class of the families t3, c5, c6i, c7i, r5, r6i or r7i", example: "dms.c6i.large",
			}, func(r *Replication) *string { return &r.Class }),
		defaulted("storageGB", 100, "Gigabytes for logs and cached changes.",
			whole{from: 5, to: 6144, unit: "gigabytes"}, func(r *Replication) *int { return &r.StorageGB }),
		defaulted("engineVersion", "3.5.4", "DMS engine version, 3.5.4 or later.",
			word{pattern: engine.String(), form: "three numbers", example: "3.5.4", check: checkEngine},
			func(r *Replication) *string { return &r.EngineVersion }),
		defaulted("multiAz", false, "Whether a standby in another availability zone takes over.",
			yesNo{}, func(r *Replication) *bool { return &r.MultiAZ }),
	}}
}

func lakeShape() record[Lake] {
	return record[Lake]{example: "{format: parquet}", fields: []field[Lake]{
		defaulted("format", "parquet", "The files' format.",
			choice[string]{"parquet", "csv"}, func(l *Lake) *string { return &l.Format }),
		defaulted("maxFileMB", 1024, "Megabytes after which a full load begins another file.",
			whole{from: 1, to: 1024, unit: "megabytes"}, func(l *Lake) *int { return &l.MaxFileMB }),
		defaulted("cdcMaxBatchSeconds", 600, "A file of changes is written at least this often, if there are any.",
			whole{from: 60, to: 3600, unit: "seconds"}, func(l *Lake) *int { return &l.CDCMaxBatchSeconds }),
		defaulted("cdcMinFileMB", 64, "Or as soon as so many megabytes of changes have gathered.",
			whole{from: 1, to: 1024, unit: "megabytes"}, func(l *Lake) *int { return &l.CDCMinFileMB }),
		defaulted("timestampColumn", "ORALAKE_TS",
			"A column added to every row: the time of the commit, or of the task's start in a full load.",
			timestampName(), func(l *Lake) *string { return &l.TimestampColumn }),
	}}
}

// timestampName is a lake name that no other added column has. Readers of a lake do not tell upper from lower case.
func timestampName() word {
	w := lakeName
	w.check = func(v string) *fault {
		for _, taken := range []string{ColumnSCN, ColumnSequence, ColumnOp} {
			if strings.EqualFold(v, taken) {
				return faultf("choose another name, such as ORALAKE_TS",
					"lake.timestampColumn is %s, which is another column of the changes", v)
			}
		}
		return nil
	}
	return w
}
