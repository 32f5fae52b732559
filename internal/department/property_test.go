package department_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
)

// Parse returns the department that was written, and the schema accepts the file too.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := drawDepartment(rt)
		src := written(want)
		got, err := department.Parse(want.Name+".yaml", []byte(src))
		if err != nil {
			rt.Fatalf("%v\n%s", err, src)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-want +got):\n%s\n%s", diff, src)
		}
		if err := fitsSchema(t, []byte(src)); err != nil {
			rt.Fatalf("the schema refuses what Parse accepts: %v\n%s", err, src)
		}
	})
}

// Parse reports an unknown key at its place, in every mapping of the file, and reports nothing else.
func TestUnknownKeyAnywhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := drawDepartment(rt)
		lines := strings.Split(strings.TrimSuffix(written(d), "\n"), "\n")
		var places []int // the lines before which a new key belongs to a mapping with fixed keys
		for i, line := range lines {
			key := strings.TrimLeft(line, " ")
			isJob := len(line)-len(key) == 2 && strings.HasSuffix(line, ":") && slices.Index(lines, "jobs:") < i
			if !strings.HasPrefix(key, "- ") && !isJob {
				places = append(places, i)
			}
		}
		at := rapid.SampledFrom(places).Draw(rt, "at")
		indent := lines[at][:len(lines[at])-len(strings.TrimLeft(lines[at], " "))]
		lines = slices.Insert(lines, at, indent+"zebra: 1")
		_, err := department.Parse(d.Name+".yaml", []byte(strings.Join(lines, "\n")))
		var problems department.Errors
		if !errors.As(err, &problems) || len(problems) != 1 {
			rt.Fatalf("got %v, want one problem\n%s", err, strings.Join(lines, "\n"))
		}
		p := problems[0]
		if p.Line != at+1 || p.Column != len(indent)+1 || !strings.Contains(p.What, `"zebra"`) {
			rt.Fatalf("got %v, want it at %d:%d\n%s", err, at+1, len(indent)+1, strings.Join(lines, "\n"))
		}
	})
}

// Parse reports all mistakes of a file: it does not stop at the first.
func TestEveryMistakeIsReported(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := drawDepartment(rt)
		src := written(d)
		broken := map[string]string{
			"recordDays: ":     "recordDays: -",
			"  database: ":     "  database: -",
			"    type: ":       "    type: x-",
			"tables:\n      -": "tables:\n      - a.b\n      -",
			"department: ":     "department: X",
		}
		want := 0
		for from, to := range broken {
			if rapid.Bool().Draw(rt, from) {
				want += strings.Count(src, from)
				src = strings.ReplaceAll(src, from, to)
			}
		}
		_, err := department.Parse(d.Name+".yaml", []byte(src))
		var problems department.Errors
		if errors.As(err, &problems); len(problems) < want {
			rt.Fatalf("%d problems, want at least %d:\n%v\n%s", len(problems), want, err, src)
		}
	})
}

func drawDepartment(t *rapid.T) *department.Department {
	d := &department.Department{
		Name: rapid.StringMatching(`[a-z][a-z0-9]{0,10}x`).Draw(t, "name"),
		Source: department.Source{
			SecretName: rapid.StringMatching(`[A-Za-z0-9/_+=.@-]{1,20}`).Draw(t, "secret"),
			Database:   rapid.StringMatching(`[A-Z][A-Z0-9_.]{0,8}`).Draw(t, "database"),
			SSLMode:    "none", Capture: rapid.SampledFrom([]string{"logminer", "binary-reader"}).Draw(t, "capture"),
			Check:  rapid.SampledFrom([]string{"", department.CheckReport, department.CheckRequire}).Draw(t, "check"),
			Driver: rapid.SampledFrom([]string{department.Godror, department.GoOra}).Draw(t, "driver"),

			OpenTransactionMinutes: rapid.IntRange(1, 1440).Draw(t, "openTransactionMinutes"),
			RedoDeadlineHours:      rapid.IntRange(1, 720).Draw(t, "redoDeadlineHours"),
		},
		Replication: department.Replication{
			Class:             rapid.SampledFrom([]string{"dms.t3.medium", "dms.c6i.large", "dms.r6i.4xlarge"}).Draw(t, "class"),
			StorageGB:         rapid.IntRange(5, 6144).Draw(t, "storage"),
			EngineVersion:     rapid.SampledFrom([]string{"3.5.4", "3.6.1"}).Draw(t, "engine"),
			MultiAZ:           rapid.Bool().Draw(t, "multiAz"),
			MaintenanceWindow: rapid.SampledFrom([]string{"sun:16:00-sun:16:30", "sat:23:45-sun:01:00"}).Draw(t, "window"),
		},
		Lake: department.Lake{
			Format:             rapid.SampledFrom([]string{"parquet", "csv"}).Draw(t, "format"),
			MaxFileMB:          rapid.IntRange(1, 1024).Draw(t, "maxFile"),
			CDCMaxBatchSeconds: rapid.IntRange(60, 3600).Draw(t, "batch"),
			CDCMinFileMB:       rapid.IntRange(1, 1024).Draw(t, "minFile"),
			TimestampColumn: rapid.StringMatching(`[A-Za-z][A-Za-z0-9_]{0,9}`).Filter(func(name string) bool {
				return !strings.EqualFold(name, department.ColumnOp) // Parse refuses it.
			}).Draw(t, "timestamp"),
			KeepSnapshots:  rapid.IntRange(1, 30).Draw(t, "keep"),
			ReadersMinutes: rapid.IntRange(1, 10080).Draw(t, "readers"),
		},
		Timezone:    rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/Argentina/Ushuaia"}).Draw(t, "timezone"),
		RecordDays:  rapid.IntRange(1, 3650).Draw(t, "recordDays"),
		LogDays:     rapid.SampledFrom([]int{1, 30, 365, 3653}).Draw(t, "logDays"),
		EncryptLogs: rapid.Bool().Draw(t, "encryptLogs"),
	}
	if d.Lake.Catalog = department.CatalogOff; d.Lake.Format == "parquet" && rapid.Bool().Draw(t, "catalog") {
		d.Lake.Catalog = department.CatalogGlue
		d.Lake.Database = rapid.StringMatching(`[a-z][a-z0-9_]{0,9}`).Draw(t, "catalog database")
	}
	if rapid.Bool().Draw(t, "new network") {
		second, bits := rapid.IntRange(0, 255).Draw(t, "second"), rapid.IntRange(16, 26).Draw(t, "bits")
		d.Network.Create = fmt.Sprintf("10.%d.0.0/%d", second, bits)
	} else {
		d.Network.VPCID = "vpc-" + rapid.StringMatching(`[0-9a-f]{1,17}`).Draw(t, "vpc")
		d.Network.SubnetIDs = []string{"subnet-1", "subnet-2"}
		if rapid.Bool().Draw(t, "groups") {
			d.Network.SecurityGroupIDs = []string{"sg-1"}
		}
	}
	if len(d.Network.SecurityGroupIDs) == 0 && rapid.Bool().Draw(t, "ranges") {
		d.Network.DatabaseRanges = []string{"10.1.0.0/16", "192.168.7.9/32"}
	}
	if rapid.Bool().Draw(t, "account") {
		d.Tags = map[string]string{"cost-center": "4711", rapid.StringMatching(`[a-m][a-z:/ @+-]{0,8}x`).Draw(t, "tag"): "Data Team"}
		d.Roles = department.Roles{PermissionsBoundaryARN: "arn:aws:iam::111122223333:policy/team/boundary", NamePrefix: "app-"}
		d.KeyARN = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0a1b2c3d4e5f"
	}
	if rapid.Bool().Draw(t, "alerts") {
		d.Alerts.Emails = []string{"data-team@example.com", "on.call+dms@example.org"}
	} else if rapid.Bool().Draw(t, "topic") {
		d.Alerts.TopicARN = "arn:aws:sns:eu-central-1:111122223333:data-alerts"
	}
	if rapid.Bool().Draw(t, "quiet") {
		d.Alerts.Quiet = []string{"cpu", "late"}
	}
	jobs := rapid.IntRange(1, 4).Draw(t, "jobs")
	for i := range jobs {
		d.Jobs = append(d.Jobs, drawJob(t, i))
	}
	for i := range d.Jobs {
		if j := &d.Jobs[i]; j.Type == department.FullLoad {
			j.Expect, j.OnSchemaChange = drawGates(t, d.Lake.Format)
			j.Tables[0].Expect, j.Tables[0].OnSchemaChange = drawGates(t, d.Lake.Format)
		}
	}
	return d
}

func drawGates(t *rapid.T, format string) (e department.Expect, onSchemaChange string) {
	e = department.Expect{
		MinRows:        rapid.SampledFrom([]int{0, 1, 1_000_000_000_000}).Draw(t, "minRows"),
		MaxDropPercent: rapid.SampledFrom([]*int{nil, new(0), new(100)}).Draw(t, "maxDropPercent"),
		MaxHours:       rapid.IntRange(0, 336).Draw(t, "maxHours"),
	}
	if format == "parquet" { // Parse refuses it for CSV.
		onSchemaChange = rapid.SampledFrom([]string{"", "hold", "publish", "fail"}).Draw(t, "onSchemaChange")
	}
	return e, onSchemaChange
}

// drawJob draws a job. No other job has its tables.
func drawJob(t *rapid.T, number int) department.Job {
	types := []department.Type{department.FullLoad, department.CDC, department.FullLoadAndCDC}
	job := department.Job{
		Name:          fmt.Sprintf("%s-%d", rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "job"), number),
		Type:          rapid.SampledFrom(types).Draw(t, "type"),
		ParallelLoads: 8,
		LOBMaxKB:      rapid.IntRange(1, 102400).Draw(t, "lob"),

		TimeLimitHours: rapid.IntRange(1, 336).Draw(t, "limit"),
		Schedule: rapid.SampledFrom([]string{
			"rate(1 hour)", "rate(30 minutes)", "cron(0 2 * * ? *)", "cron(*/10 8-18 ? * MON-FRI *)", "at(2027-01-31T20:00:00)",
		}).Draw(t, "schedule"),
	}
	if job.Type == department.FullLoad {
		job.Verify = rapid.SampledFrom([]string{"", department.Counts}).Draw(t, "verify")
		if rapid.Bool().Draw(t, "measured") {
			job.LOBMaxKB = department.Measured
		}
	}
	if job.Type != department.CDC {
		job.ParallelLoads = rapid.IntRange(1, 49).Draw(t, "parallel")
	}
	switch job.Type {
	case department.FullLoad:
		job.TablesPerTask = rapid.IntRange(1, 500).Draw(t, "perTask")
		job.KeepFailedTask = rapid.Bool().Draw(t, "keep")
	case department.CDC:
		job.StartFrom = rapid.SampledFrom([]string{"now", "7654321", "2026-11-22T02:00:00Z", "2026-11-22T02:00:00+01:00"}).
			Draw(t, "start")
		job.Backfill = rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, "backfill")
	}
	if job.Type.Continuous() {
		job.Paused = rapid.Bool().Draw(t, "paused")
		job.OnReplace = rapid.SampledFrom([]string{"", department.Restart}).Draw(t, "replace")
	}
	tables := rapid.IntRange(1, 4).Draw(t, "tables")
	for i := range tables {
		table := drawTable(t, fmt.Sprintf("T%d_%d", number, i), job.Type)
		if table.Parallel != nil && len(table.Parallel.Partitions) > 0 {
			job.Verify = "" // Parse refuses both.
		} else if table.Parallel != nil && table.Parallel.Type != department.None {
			job.ParallelLoads = max(job.ParallelLoads, 2) // Parse refuses a split without a second thread.
		}
		if job.Type.Continuous() && slices.ContainsFunc(job.Tables, func(other department.Table) bool {
			return department.CannotShareTask(&table, &other) != ""
		}) {
			continue // Parse refuses tables that cannot share the job's one task.
		}
		job.Tables = append(job.Tables, table)
	}
	return job
}

func drawTable(t *rapid.T, name string, kind department.Type) department.Table {
	table := department.Table{Schema: rapid.StringMatching(`[A-ZÄÖ][A-Z0-9_$#]{0,8}`).Draw(t, "schema"), Name: name}
	if rapid.Bool().Draw(t, "plain") {
		return table
	}
	value := rapid.OneOf(
		rapid.StringMatching(`-?[1-9][0-9]{0,8}(\.[0-9]{1,3})?`),
		rapid.StringMatching(`20[0-9]{2}-0[1-9]-1[0-9]`),
		rapid.StringMatching(`[ -~äöü]{1,12}`), // quotes must preserve every printable character
	)
	operators := []string{"eq", "noteq", "gte", "lte", "between", "notbetween", "null", "notnull"}
	for i := range rapid.IntRange(0, 3).Draw(t, "filters") {
		f := department.Filter{Column: fmt.Sprintf("F%d", i), Operator: rapid.SampledFrom(operators).Draw(t, "operator")}
		switch f.Operator {
		case "eq", "noteq", "gte", "lte":
			f.Value = value.Draw(t, "value")
		case "between", "notbetween":
			f.From = value.Draw(t, "from")
			f.To = f.From
		}
		table.Filters = append(table.Filters, f)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "exclude") {
		table.Exclude = append(table.Exclude, fmt.Sprintf("X%d", i))
	}
	switch rapid.IntRange(0, 2).Draw(t, "rename") {
	case 1:
		table.Rename.Schema = rapid.StringMatching(`[A-Za-z][a-z_]{0,5}`).Draw(t, "to schema")
	case 2:
		table.Rename.Table = "Lake_" + name
	}
	table.LOBMaxKB = rapid.SampledFrom([]int{0, 1, 64, 102400}).Draw(t, "table lob")
	if kind != department.CDC {
		table.Parallel = rapid.SampledFrom([]*department.Parallel{
			nil,
			{Type: "partitions-auto"},
			{Type: department.None},
			{Type: "partitions-list", Partitions: []string{"P1", "P2"}},
			{Type: "ranges", Columns: []string{"K"}, Boundaries: [][]string{{"-5"}, {"10"}, {"9999999999999999999999"}}},
			{Type: "ranges", Columns: []string{"K", "L"}, Boundaries: [][]string{{"2026-01-01", "b"}, {"2026-01-01", "a"}}},
		}).Draw(t, "split")
	}
	if kind == department.FullLoad && rapid.Bool().Draw(t, "view") {
		table.View = true
		if table.Parallel != nil && table.Parallel.Type != "ranges" {
			table.Parallel = nil // Parse refuses other splits of a view.
		}
		return table
	}
	if kind == department.FullLoad && rapid.Bool().Draw(t, "planned") {
		table.LOBMaxKB, table.Parallel = department.Measured, &department.Parallel{Type: department.Auto}
	}
	return table
}
