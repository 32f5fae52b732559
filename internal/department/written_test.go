package department_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/oralake/oralake/internal/department"
)

// written returns the department's file, with every key on its own line.
func written(d *department.Department) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("department: %s", d.Name)
	line("network:")
	if d.Network.Create != "" {
		line("  create: %s", d.Network.Create)
	} else {
		line("  vpcId: %s", d.Network.VPCID)
		line("  subnetIds: [%s]", strings.Join(d.Network.SubnetIDs, ", "))
		if len(d.Network.SecurityGroupIDs) > 0 {
			line("  securityGroupIds: %s", quote(d.Network.SecurityGroupIDs))
		}
	}
	if len(d.Network.DatabaseRanges) > 0 {
		line("  databaseRanges: %s", quote(d.Network.DatabaseRanges))
	}
	line("source:")
	line("  secretName: %s", quote(d.Source.SecretName))
	line("  database: %s", quote(d.Source.Database))
	line("  sslMode: %s", d.Source.SSLMode)
	line("  capture: %s", d.Source.Capture)
	line("  openTransactionMinutes: %d", d.Source.OpenTransactionMinutes)
	line("  redoDeadlineHours: %d", d.Source.RedoDeadlineHours)
	if d.Source.Check != "" {
		line("  check: %s", d.Source.Check)
	}
	line("  driver: %s", d.Source.Driver)
	line("replication:")
	line("  class: %s", d.Replication.Class)
	line("  storageGB: %d", d.Replication.StorageGB)
	line("  engineVersion: %s", d.Replication.EngineVersion)
	line("  multiAz: %t", d.Replication.MultiAZ)
	line("  maintenanceWindow: %s", d.Replication.MaintenanceWindow)
	line("lake:")
	line("  format: %s", d.Lake.Format)
	line("  maxFileMB: %d", d.Lake.MaxFileMB)
	line("  cdcMaxBatchSeconds: %d", d.Lake.CDCMaxBatchSeconds)
	line("  cdcMinFileMB: %d", d.Lake.CDCMinFileMB)
	line("  timestampColumn: %s", quote(d.Lake.TimestampColumn))
	line("  keepSnapshots: %d", d.Lake.KeepSnapshots)
	line("  readersMinutes: %d", d.Lake.ReadersMinutes)
	line("  catalog: %s", d.Lake.Catalog)
	if d.Lake.Database != "" {
		line("  database: %s", d.Lake.Database)
	}
	line("timezone: %s", d.Timezone)
	line("recordDays: %d", d.RecordDays)
	line("logDays: %d", d.LogDays)
	line("encryptLogs: %t", d.EncryptLogs)
	if a := d.Alerts; len(a.Emails)+len(a.TopicARN)+len(a.Quiet) > 0 {
		line("alerts:")
		if len(a.Emails) > 0 {
			line("  emails: %s", quote(a.Emails))
		}
		if a.TopicARN != "" {
			line("  topicArn: %s", quote(a.TopicARN))
		}
		if len(a.Quiet) > 0 {
			line("  quiet: %s", quote(a.Quiet))
		}
	}
	if len(d.Tags) > 0 {
		line("tags: %s", quote(d.Tags))
		line("roles:")
		line("  permissionsBoundaryArn: %s", d.Roles.PermissionsBoundaryARN)
		line("  namePrefix: %s", d.Roles.NamePrefix)
		line("keyArn: %s", d.KeyARN)
	}
	line("jobs:")
	for _, job := range d.Jobs {
		line("  %s:", job.Name)
		line("    type: %s", job.Type)
		line("    schedule: %s", job.Schedule)
		if job.Type != department.CDC {
			line("    parallelLoads: %d", job.ParallelLoads)
		}
		line("    lobMaxKB: %s", kilobytes(job.LOBMaxKB))
		if job.Verify != "" {
			line("    verify: %s", job.Verify)
		}
		line("    timeLimitHours: %d", job.TimeLimitHours)
		writeGates(line, "    ", job.Expect, job.OnSchemaChange)
		writeContinuous(line, job)
		line("    tables:")
		for _, table := range job.Tables {
			writeTable(line, table)
		}
	}
	return b.String()
}

// writeContinuous writes the keys that only some types of jobs have.
func writeContinuous(line func(string, ...any), job department.Job) {
	if !job.Type.Continuous() {
		line("    tablesPerTask: %d", job.TablesPerTask)
		line("    keepFailedTask: %t", job.KeepFailedTask)
		return
	}
	line("    paused: %t", job.Paused)
	if job.OnReplace != "" {
		line("    onReplace: %s", job.OnReplace)
	}
	if job.Backfill != nil {
		line("    backfill: %t", *job.Backfill)
	}
	if job.StartFrom != "" {
		line("    startFrom: %s", job.StartFrom)
	}
}

func writeTable(line func(string, ...any), t department.Table) {
	if t.Filters == nil && t.Exclude == nil && t.Rename == (department.Rename{}) && t.LOBMaxKB == 0 && t.Parallel == nil && !t.View &&
		t.Expect == (department.Expect{}) && t.OnSchemaChange == "" {
		line("      - %s", t)
		return
	}
	line("      - table: %s", t)
	if len(t.Filters) > 0 {
		line("        filter:")
	}
	for _, f := range t.Filters {
		line("          - column: %s", f.Column)
		switch f.Operator {
		case "null", "notnull":
			line("            isNull: %t", f.Operator == "null")
		case "between", "notbetween":
			line("            %s: %s", f.Operator, quote([]string{f.From, f.To}))
		default:
			line("            %s: %s", f.Operator, quote(f.Value))
		}
	}
	if len(t.Exclude) > 0 {
		line("        exclude: %s", quote(t.Exclude))
	}
	if t.View {
		line("        view: true")
	}
	if t.Rename != (department.Rename{}) {
		line("        rename:")
	}
	if t.Rename.Schema != "" {
		line("          schema: %s", quote(t.Rename.Schema))
	}
	if t.Rename.Table != "" {
		line("          table: %s", t.Rename.Table)
	}
	if t.LOBMaxKB != 0 {
		line("        lobMaxKB: %s", kilobytes(t.LOBMaxKB))
	}
	if t.Parallel != nil {
		writeParallel(line, *t.Parallel)
	}
	writeGates(line, "        ", t.Expect, t.OnSchemaChange)
}

// writeGates writes the keys of the gates of a job or a table.
func writeGates(line func(string, ...any), indent string, e department.Expect, onSchemaChange string) {
	if e != (department.Expect{}) {
		line(indent + "expect:")
	}
	if e.MinRows != 0 {
		line(indent+"  minRows: %d", e.MinRows)
	}
	if e.MaxDropPercent != nil {
		line(indent+"  maxDropPercent: %d", *e.MaxDropPercent)
	}
	if e.MaxHours != 0 {
		line(indent+"  maxHours: %d", e.MaxHours)
	}
	if onSchemaChange != "" {
		line(indent+"onSchemaChange: %s", onSchemaChange)
	}
}

func kilobytes(limit int) string {
	if limit == department.Measured {
		return department.Auto
	}
	return strconv.Itoa(limit)
}

func writeParallel(line func(string, ...any), p department.Parallel) {
	switch p.Type {
	case "partitions-auto", department.Auto, department.None:
		line("        parallel: %s", p.Type)
	case "partitions-list":
		line("        parallel: {partitions: %s}", quote(p.Partitions))
	default:
		line("        parallel:")
		line("          ranges:")
		line("            columns: %s", quote(p.Columns))
		line("            boundaries: %s", quote(p.Boundaries))
	}
}

// quote returns a value as JSON, which is also YAML.
func quote(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // unreachable: strings and lists of strings can be written as JSON
	}
	return strings.TrimSuffix(b.String(), "\n")
}
