package department_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

var update = flag.Bool("update", false, "write golden files and departments/schema.json")

// golden compares got with the file at path. With -update it writes got to the file instead.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// Each wrong file gives exactly the messages of the .golden file next to it.
func TestWrongFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no wrong files: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			d, err := department.Load(path)
			var problems department.Errors
			if !errors.As(err, &problems) {
				t.Fatalf("Load = %v, %v; want Errors", d, err)
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".golden", []byte(err.Error()+"\n"))
		})
	}
}

const short = `department: sales
network: {vpcId: vpc-0a1b, subnetIds: [subnet-1, subnet-2]}
source: {secretArn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:sales-AbCdEf", database: ORCLPDB1, sslMode: none}
jobs:
  daily-orders:
    type: full-load
    tables: [SALES.ORDERS, SALES.LINEITEM]
  live-prices:
    type: full-load-and-cdc
    tables: [SALES.PRICE]
`

func TestDefaults(t *testing.T) {
	got, err := department.Parse("departments/sales.yaml", []byte(short))
	if err != nil {
		t.Fatal(err)
	}
	want := &department.Department{
		Name:    "sales",
		Network: department.Network{VPCID: "vpc-0a1b", SubnetIDs: []string{"subnet-1", "subnet-2"}},
		Source: department.Source{
			SecretARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:sales-AbCdEf",
			Database:  "ORCLPDB1", SSLMode: "none", Capture: "logminer", Driver: department.Godror, OpenTransactionMinutes: 60,
			RedoDeadlineHours: 12,
		},
		Replication: department.Replication{Class: "dms.c6i.large", StorageGB: 100, EngineVersion: "3.6.1", MaintenanceWindow: "sun:16:00-sun:16:30"},
		Lake: department.Lake{
			Format: "parquet", MaxFileMB: 1024, CDCMaxBatchSeconds: 600, CDCMinFileMB: 64, TimestampColumn: "ORALAKE_TS",
			KeepSnapshots: 2, ReadersMinutes: 60, Catalog: department.CatalogGlue, Database: "oralake_sales",
		},
		Timezone: "UTC", RecordDays: 400, LogDays: 30,
		Jobs: []department.Job{
			{
				Name: "daily-orders", Type: department.FullLoad, Schedule: "cron(0 4 * * ? *)",
				Tables:        []department.Table{{Schema: "SALES", Name: "ORDERS"}, {Schema: "SALES", Name: "LINEITEM"}},
				TablesPerTask: 50, ParallelLoads: 8, LOBMaxKB: 32, TimeLimitHours: 24,
			},
			{
				Name: "live-prices", Type: department.FullLoadAndCDC, Schedule: "rate(1 hour)",
				Tables:        []department.Table{{Schema: "SALES", Name: "PRICE"}},
				ParallelLoads: 8, LOBMaxKB: 32, TimeLimitHours: 24,
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

// The project's two sample files load. They are documentation, and input of many other tests.
func TestSamples(t *testing.T) {
	const dir = "../../departments"
	names, err := department.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"finance", "sales"}, names); diff != "" {
		t.Fatalf("List (-want +got):\n%s", diff)
	}
	sales := load(t, dir, "sales")
	var tables int
	for _, job := range sales.Jobs {
		if job.Type == department.FullLoad {
			tables += len(job.Tables)
		}
	}
	if tables != 8 {
		t.Errorf("sales loads %d tables in full, want all 8 of TPC-H", tables)
	}
	finance := load(t, dir, "finance")
	want := department.Table{
		Schema: "SALES", Name: "ORDERS",
		Filters: []department.Filter{
			{Column: "O_ORDERDATE", Operator: "gte", Value: "1995-01-01"},
			{Column: "O_ORDERSTATUS", Operator: "noteq", Value: "P"},
		},
		Exclude:  []string{"O_COMMENT", "O_CLERK"},
		Rename:   department.Rename{Schema: "FINANCE", Table: "REVENUE"},
		Parallel: &department.Parallel{Type: "partitions-auto"},
	}
	if diff := cmp.Diff(want, finance.Jobs[0].Tables[0]); diff != "" {
		t.Errorf("finance's orders (-want +got):\n%s", diff)
	}
	for _, d := range []*department.Department{sales, finance} {
		if all := d.Warnings(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)); len(all) > 0 {
			t.Errorf("%s has the warnings %v, want none", d.Name, all)
		}
	}
	if sales.Network.Create == finance.Network.Create {
		t.Errorf("both departments use the range %s", sales.Network.Create)
	}
}

func load(t *testing.T, dir, name string) *department.Department {
	t.Helper()
	path, err := department.Find(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := department.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"sales.yaml", "finance.yaml", "schema.json", ".hidden.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := department.Find(dir, "sales"); err != nil || got != filepath.Join(dir, "sales.yaml") {
		t.Errorf("Find(sales) = %q, %v", got, err)
	}
	for name, want := range map[string]string{
		"sale":       `there is no department "sale": ` + dir + ` has finance and sales; did you mean sales?`,
		"":           `no department was named: ` + dir + ` has finance and sales; choose one`,
		"../secrets": `there is no department "../secrets": ` + dir + ` has finance and sales; choose one`,
		".hidden":    `there is no department ".hidden": ` + dir + ` has finance and sales; choose one`,
	} {
		_, err := department.Find(dir, name)
		var missing department.NotFound
		if !errors.As(err, &missing) || err.Error() != want {
			t.Errorf("Find(%q) = %v, want %s", name, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "hr.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := department.Find(dir, "sales"); err != nil || got != filepath.Join(dir, "sales.yaml") {
		t.Errorf("Find(sales) in a folder with hr.yml = %q, %v", got, err)
	}
	if _, err := department.List(dir); err == nil || !strings.Contains(err.Error(), "hr.yaml") {
		t.Errorf("List with hr.yml = %v, want an error that names hr.yaml", err)
	}
}

// For a department's name in capitals, Parse reports the mistake in the key and the one in the file's name together.
func TestNameInCapitals(t *testing.T) {
	content := strings.Replace(short, "department: sales", "department: Logistics", 1)
	_, err := department.Parse("Logistics.yaml", []byte(content))
	for _, want := range []string{`department is "Logistics"`, "write logistics: ", "rename the file to logistics.yaml"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want a message with %q", err, want)
		}
	}
	if _, err = department.Parse("logistics.yaml", []byte(content)); err == nil || strings.Contains(err.Error(), "rename") {
		t.Errorf("error %v, want no problem with the file's name, which is valid", err)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := department.Load(filepath.Join(t.TempDir(), "sales.yaml"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load of a missing file = %v, want os.ErrNotExist", err)
	}
}
