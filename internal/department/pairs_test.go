package department_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// setting is a key of the department's file with a value, on a line of its own.
type setting struct {
	id    string // as the tables below name it
	place string // the mapping that has the key: file, source, replication, lake, job or table
	line  string
	// with are keys that the setting needs. They are added if the file does not have them.
	with []string
}

// settings are all keys of the file but those of base, with each value that may contradict another key.
var settings = []setting{
	{"timezone", "file", "timezone: Europe/Berlin", nil},
	{"recordDays", "file", "recordDays: 5", nil},
	{"logDays", "file", "logDays: 5", nil},
	{"encryptLogs", "file", "encryptLogs: true", nil},
	{"alerts", "file", "alerts: {emails: [a@example.com]}", nil},
	{"alerts elsewhere", "file", "alerts: {topicArn: arn:aws:sns:eu-central-1:111122223333:a, quiet: [cpu]}", nil},
	{"tags", "file", "tags: {cost-center: \"4711\"}", nil},
	{"roles", "file", "roles: {permissionsBoundaryArn: arn:aws:iam::111122223333:policy/boundary, namePrefix: app-}", nil},
	{"keyArn", "file", "keyArn: arn:aws:kms:eu-central-1:111122223333:key/0b", nil},
	{"keyArn elsewhere", "file", "keyArn: arn:aws:kms:us-east-1:111122223333:key/0b", nil},
	{"parallel of the file", "file", "parallel: auto", nil},

	{"secretName", "source", "secretName: oralake/sales", nil},
	{"secretArn", "source", "secretArn: arn:aws:secretsmanager:eu-central-1:111122223333:secret:sales-AbCdEf", nil},
	{"secretKeyArn", "source", "secretKeyArn: arn:aws:kms:eu-central-1:111122223333:key/0a", nil},
	{"secretKeyArn elsewhere", "source", "secretKeyArn: arn:aws:kms:us-east-1:111122223333:key/0a", nil},
	{"sslMode none", "source", "sslMode: none", nil},
	{"sslMode verify-ca", "source", "sslMode: verify-ca", []string{"certificateArn: arn:aws:dms:eu-central-1:111122223333:cert:A"}},
	{"certificateArn", "source", "certificateArn: arn:aws:dms:eu-central-1:111122223333:cert:A", []string{"sslMode: verify-ca"}},
	{"certificateArn elsewhere", "source", "certificateArn: arn:aws:dms:us-east-1:111122223333:cert:A", []string{"sslMode: verify-ca"}},
	{"capture", "source", "capture: binary-reader", nil},
	{"openTransactionMinutes", "source", "openTransactionMinutes: 30", nil},
	{"redoDeadlineHours", "source", "redoDeadlineHours: 8", nil},
	{"oracle", "source", "oracle: {archivedLogDestId: 2, numberDatatypeScale: -2}", nil},
	{"oracle of Binary Reader", "source", "oracle: {asm: {secretName: sales-asm}}", []string{"capture: binary-reader"}},
	{"check off", "source", "check: off", nil},
	{"check report", "source", "check: report", nil},
	{"check require", "source", "check: require", nil},
	{"driver", "source", "driver: go-ora", nil},

	{"class", "replication", "class: dms.c6i.large", nil},
	{"storageGB", "replication", "storageGB: 50", nil},
	{"engineVersion", "replication", "engineVersion: 3.6.1", nil},
	{"multiAz", "replication", "multiAz: true", nil},
	{"maintenanceWindow", "replication", "maintenanceWindow: sun:04:00-sun:05:00", nil},

	{"format", "lake", "format: csv", nil},
	{"maxFileMB", "lake", "maxFileMB: 5", nil},
	{"cdcMaxBatchSeconds", "lake", "cdcMaxBatchSeconds: 60", nil},
	{"cdcMinFileMB", "lake", "cdcMinFileMB: 64", nil},
	{"timestampColumn", "lake", "timestampColumn: TS", nil},
	{"keepSnapshots", "lake", "keepSnapshots: 3", nil},
	{"readersMinutes", "lake", "readersMinutes: 240", nil},
	{"catalog", "lake", "catalog: glue", nil},
	{"catalog off", "lake", "catalog: off", nil},
	{"database of the catalog", "lake", "database: sales_lake", nil},

	{"schedule", "job", "schedule: cron(0 5 * * ? *)", nil},
	{"schedule in the gap", "job", "schedule: at(2027-03-28T02:30:00)", nil},
	{"schedule every minute", "job", "schedule: rate(1 minute)", nil},
	{"tablesPerTask", "job", "tablesPerTask: 5", nil},
	{"parallelLoads", "job", "parallelLoads: 5", nil},
	{"parallelLoads 1", "job", "parallelLoads: 1", nil},
	{"lobMaxKB", "job", "lobMaxKB: 5", nil},
	{"lobMaxKB auto", "job", "lobMaxKB: auto", nil},
	{"parallel of the job", "job", "parallel: auto", nil},
	{"verify", "job", "verify: counts", nil},
	{"expect", "job", "expect: {minRows: 5, maxDropPercent: 20, maxHours: 3}", nil},
	{"onSchemaChange", "job", "onSchemaChange: publish", nil},
	{"timeLimitHours", "job", "timeLimitHours: 5", nil},
	{"keepFailedTask", "job", "keepFailedTask: true", nil},
	{"paused", "job", "paused: true", nil},
	{"onReplace", "job", "onReplace: restart", nil},
	{"backfill", "job", "backfill: true", nil},
	{"startFrom", "job", "startFrom: 12345", nil},

	{"filter", "table", "filter: [{column: K, gte: 1}]", nil},
	{"exclude", "table", "exclude: [K]", nil},
	{"rename", "table", "rename: {table: OTHER}", nil},
	{"lobMaxKB of the table", "table", "lobMaxKB: 7", nil},
	{"lobMaxKB auto of the table", "table", "lobMaxKB: auto", nil},
	{"partitions-auto", "table", "parallel: partitions-auto", nil},
	{"partitions", "table", "parallel: {partitions: [P1]}", nil},
	{"ranges", "table", "parallel: {ranges: {columns: [K], boundaries: [[5]]}}", nil},
	{"parallel auto", "table", "parallel: auto", nil},
	{"parallel none", "table", "parallel: none", nil},
	{"view", "table", "view: true", nil},
	{"expect of the table", "table", "expect: {maxDropPercent: 100}", nil},
	{"onSchemaChange of the table", "table", "onSchemaChange: fail", nil},
}

// notOfType are the settings that contradict the type of their job.
var notOfType = map[department.Type][]string{
	department.FullLoad: {"paused", "onReplace", "backfill", "startFrom"},
	department.CDC: {
		"tablesPerTask", "parallelLoads", "parallelLoads 1", "lobMaxKB auto", "parallel of the job", "verify", "keepFailedTask",
		"lobMaxKB auto of the table", "partitions-auto", "partitions", "ranges", "parallel auto", "parallel none", "view",
		"schedule every minute", "expect", "onSchemaChange", "expect of the table", "onSchemaChange of the table",
	},
	department.FullLoadAndCDC: {
		"tablesPerTask", "lobMaxKB auto", "parallel of the job", "verify", "keepFailedTask", "backfill", "startFrom",
		"lobMaxKB auto of the table", "parallel auto", "view", "schedule every minute",
		"expect", "onSchemaChange", "expect of the table", "onSchemaChange of the table",
	},
}

// contradictions are the pairs of settings that contradict each other in jobs of every type that has both. Every other pair
// of settings with different keys is accepted.
var contradictions = [][2]string{
	{"secretName", "secretArn"},
	{"secretArn", "secretKeyArn elsewhere"},
	{"secretArn", "certificateArn elsewhere"},
	{"secretKeyArn", "certificateArn elsewhere"},
	{"secretKeyArn elsewhere", "certificateArn"},
	{"keyArn", "secretKeyArn elsewhere"},
	{"keyArn", "certificateArn elsewhere"},
	{"keyArn elsewhere", "secretArn"},
	{"keyArn elsewhere", "secretKeyArn"},
	{"keyArn elsewhere", "certificateArn"},
	{"sslMode none", "certificateArn"},
	{"sslMode none", "certificateArn elsewhere"},

	{"check off", "parallel of the file"},
	{"check off", "parallel of the job"},
	{"check off", "parallel auto"},
	{"check off", "lobMaxKB auto"},
	{"check off", "lobMaxKB auto of the table"},
	{"check off", "verify"},

	{"timezone", "schedule in the gap"},

	{"format", "catalog"},
	{"format", "database of the catalog"},
	{"format", "onSchemaChange"},
	{"format", "onSchemaChange of the table"},
	{"catalog off", "database of the catalog"},

	{"parallelLoads 1", "parallel of the job"},
	{"parallelLoads 1", "partitions-auto"},
	{"parallelLoads 1", "ranges"},
	{"parallelLoads 1", "parallel auto"},
	{"verify", "partitions"},

	{"exclude", "filter"},
	{"exclude", "ranges"},
	{"view", "partitions-auto"},
	{"view", "partitions"},
	{"view", "parallel auto"},
}

// implied reports whether one setting contradicts not the other but the key that the other needs: a certificate needs
// sslMode: verify-ca, and the reverse.
func implied(a, b string) bool {
	return (a == "secretKeyArn elsewhere" || a == "keyArn elsewhere") && b == "sslMode verify-ca"
}

func contradict(a, b string) bool {
	return slices.Contains(contradictions, [2]string{a, b}) || slices.Contains(contradictions, [2]string{b, a})
}

// Each pair of keys of the file is accepted, or is an error that names the lines of both keys. So whoever adds a key decides
// what it contradicts.
func TestEveryPairOfKeys(t *testing.T) {
	for _, kind := range []department.Type{department.FullLoad, department.CDC, department.FullLoadAndCDC} {
		for i, a := range settings {
			checkSettings(t, kind, []setting{a}, slices.Contains(notOfType[kind], a.id), "type", a.id)
			for _, b := range settings[i+1:] {
				if a.place == b.place && keyOf(a.line) == keyOf(b.line) {
					continue
				}
				refused := func(x setting) bool { return slices.Contains(notOfType[kind], x.id) }
				both := []setting{a, b}
				switch {
				case refused(a) && refused(b):
					checkSettings(t, kind, both, true, "", "")
				case refused(a):
					checkSettings(t, kind, both, true, "type", a.id)
				case refused(b):
					checkSettings(t, kind, both, true, "type", b.id)
				case implied(a.id, b.id):
					checkSettings(t, kind, both, true, "", "")
				default:
					checkSettings(t, kind, both, contradict(a.id, b.id), a.id, b.id)
				}
			}
		}
	}
}

// checkSettings parses a file with settings. If it wants an error, one problem must be at the line of one of the settings a
// and b, and name the line of the other. An empty a asks for any problem.
func checkSettings(t *testing.T, kind department.Type, with []setting, wantError bool, a, b string) {
	t.Helper()
	src, lines := fileWith(kind, with)
	_, err := department.Parse("sales.yaml", []byte(src))
	var problems department.Errors
	errors.As(err, &problems)
	if !wantError || a == "" {
		if (err != nil) != wantError {
			t.Errorf("%s: %v, want an error: %v\n%s", kind, err, wantError, src)
		}
		return
	}
	names := func(p department.Problem, at, other int) bool {
		return p.Line == at && (at == other || strings.Contains(p.What, fmt.Sprintf("line %d)", other)))
	}
	if !slices.ContainsFunc(problems, func(p department.Problem) bool {
		return names(p, lines[a], lines[b]) || names(p, lines[b], lines[a])
	}) {
		t.Errorf("%s: %v\nwant a problem that names the lines %d (%s) and %d (%s)\n%s", kind, err, lines[a], a, lines[b], b, src)
	}
}

func keyOf(line string) string {
	key, _, _ := strings.Cut(line, ":")
	return key
}

// fileWith writes a file with settings, and returns the line of each.
func fileWith(kind department.Type, with []setting) (src string, lines map[string]int) {
	places := map[string][]string{}
	ids := map[string]string{}
	has := func(place, key string) bool {
		return slices.ContainsFunc(places[place], func(line string) bool { return keyOf(line) == key })
	}
	for _, s := range with {
		places[s.place] = append(places[s.place], s.line)
		ids[s.place+s.line] = s.id
	}
	for _, s := range with {
		for _, line := range s.with {
			if !has(s.place, keyOf(line)) {
				places[s.place] = append(places[s.place], line)
			}
		}
	}
	if !has("source", "sslMode") {
		places["source"] = append(places["source"], "sslMode: none")
	}
	if !has("source", "secretArn") && !has("source", "secretName") {
		places["source"] = append(places["source"], "secretName: oralake/sales")
	}
	var b strings.Builder
	lines = map[string]int{}
	number := 0
	write := func(indent, text, id string) {
		number++
		lines[id] = number
		b.WriteString(indent + text + "\n")
	}
	section := func(place, head, indent string) {
		if head != "" && len(places[place]) > 0 {
			write("", head, "")
		}
		for _, line := range places[place] {
			write(indent, line, ids[place+line])
		}
	}
	write("", "department: sales", "")
	write("", "network: {create: 10.40.0.0/24}", "")
	section("file", "", "")
	section("source", "source:", "  ")
	write("  ", "database: ORCL", "")
	section("replication", "replication:", "  ")
	section("lake", "lake:", "  ")
	write("", "jobs:", "")
	write("  ", "a:", "")
	write("    ", "type: "+string(kind), "type")
	section("job", "", "    ")
	write("    ", "tables:", "")
	write("      ", "- table: S.T", "")
	section("table", "", "        ")
	return b.String(), lines
}

// The settings above have every key of the schema, but the few that every file needs and those inside of a value.
func TestPairsHaveEveryKey(t *testing.T) {
	raw, err := department.Schema()
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Properties           map[string]*schema
		AdditionalProperties json.RawMessage
		Items                *schema
		AnyOf                []*schema
	}
	var file schema
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var job schema
	if err := json.Unmarshal(file.Properties["jobs"].AdditionalProperties, &job); err != nil {
		t.Fatal(err)
	}
	places := map[string]*schema{
		"file": &file, "source": file.Properties["source"], "replication": file.Properties["replication"], "lake": file.Properties["lake"],
		"job": &job, "table": job.Properties["tables"].Items.AnyOf[1],
	}
	base := map[string][]string{
		"file":   {"department", "network", "source", "replication", "lake", "jobs"}, // network has pairs of its own: see TestNetworks
		"source": {"database"}, "job": {"type", "tables"}, "table": {"table"},
	}
	for place, s := range places {
		for key := range s.Properties {
			known := slices.ContainsFunc(settings, func(x setting) bool { return x.place == place && keyOf(x.line) == key })
			if !known && !slices.Contains(base[place], key) {
				t.Errorf("%s: the key %s is in no setting of this test: add it, and decide what it contradicts", place, key)
			}
		}
	}
}
