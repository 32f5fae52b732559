package dms_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/oracledb"
)

// troubled has a valid row among bad rows. The bad rows have an invalid date or values that are too long.
var troubled = `CREATE TABLE T (ID NUMBER(3) NOT NULL, SOLD DATE, NAME VARCHAR2(4), NOTE CLOB);
	INSERT INTO T VALUES (1, '2024-01-01', 'fünf', 'n'), (2, 'yesterday', 'two', 'n'), (3, '2024-01-03', 'three', 'n'),
	(4, '2024-01-04', 'four', '` + longNote + `'), (1000, '2024-01-05', 'five', 'n'), (6, '2024-01-06', 'six', 'n')`

var longNote = strings.Repeat("x", 1030)

// TestBadRows checks for each error policy what happens to bad rows, their tables and their tasks.
func TestBadRows(t *testing.T) {
	const normal = "stopped: Stop Reason FULL_LOAD_ONLY_FINISHED"
	tests := []struct {
		name, behavior string
		want           string // prefix of the status and reason
		table          string
		ids            string // ids of the rows at the target
		log            []string
	}{
		{
			"by default bad rows are left out and long values cut", ``, normal, "Table completed, 4 rows", "1 3 4 6", []string{
				`]W:  A record of table 'S'.'T' is left out: column SOLD: the source has string "yesterday", which is not of its`,
				`]W:  A record of table 'S'.'T' is left out: column ID: ORA-01438: value 1000 larger than specified precision`,
				`]W:  Table 'S'.'T', column NAME: 1 values were truncated.`,
				`]W:  Table 'S'.'T', column NOTE: 1 values were truncated.`,
				`]I:  Loading finished for table 'S'.'T'. 4 records transferred, 2 left out.`,
			},
		},
		{
			"ignored", `"DataErrorPolicy":"IGNORE_RECORD","DataTruncationErrorPolicy":"IGNORE_RECORD"`,
			normal, "Table completed, 2 rows", "1 6",
			[]string{`2 records transferred, 4 left out.`},
		},
		{
			"a bad value suspends", `"DataErrorPolicy":"SUSPEND_TABLE"`, normal, "Table error, 0 rows", "",
			[]string{`]E:  Table 'S'.'T' was suspended: column`},
		},
		{
			"a long value suspends", `"DataTruncationErrorPolicy":"SUSPEND_TABLE"`, normal, "Table error, 0 rows", "",
			[]string{`]E:  Table 'S'.'T' was suspended: column NAME: 5 characters, but the column has 4: the value would be truncated`},
		},
		{
			"a bad value stops the task", `"DataErrorPolicy":"STOP_TASK"`,
			"failed: Last Error  task stopped by an error of table S.T: column ", "Table error, 0 rows", "",
			[]string{`]E:  Task 'task' failed: Last Error  task stopped by an error of table S.T`},
		},
		{
			"a long value stops the task", `"DataTruncationErrorPolicy":"STOP_TASK"`,
			"failed: Last Error  task stopped by an error of table S.T: column NAME: 5 characters", "Table error, 0 rows", "", nil,
		},
		{
			"two bad rows suspend", `"DataErrorEscalationCount":2`, normal, "Table error, 1 rows", "",
			[]string{`was suspended: 2 records with errors, as many as DataErrorEscalationCount allows; the last one: column`},
		},
		{
			"two bad rows are below the limit of three", `"DataErrorEscalationCount":3`, normal, "Table completed, 4 rows", "1 3 4 6", nil,
		},
		{
			"two bad rows stop the task", `"DataErrorEscalationCount":2,"DataErrorEscalationPolicy":"STOP_TASK"`,
			"failed: Last Error  task stopped by an error of table S.T: 2 records with errors", "Table error, 1 rows", "", nil,
		},
		{
			"the table error policy does not apply to rows", `"TableErrorPolicy":"STOP_TASK","DataErrorPolicy":"SUSPEND_TABLE"`,
			normal, "Table error, 0 rows", "", nil,
		},
	}
	for _, test := range tests {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(test.name+" in "+format, func(t *testing.T) {
				dir := t.TempDir()
				if err := oracledb.Create(dir, "S", troubled); err != nil {
					t.Fatal(err)
				}
				database, err := oracledb.Open(dir)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Test(t, func(t *testing.T) {
					c := newCloud(t, database, `"DataFormat":"`+format+`"`)
					task := c.load(rules(selects("include", "S.T")), `{"Logging":{"EnableLogging":true},
						"TargetMetadata":{"LobMaxSize":1},"ErrorBehavior":{`+test.behavior+`}}`)
					if got := *task.Status + ": " + *task.StopReason; !strings.HasPrefix(got, test.want) {
						t.Errorf("got  %s\nwant %s", got, test.want)
					}
					if got := c.tables(*task.ReplicationTaskArn); !strings.Contains(got, strings.Split(test.table, ",")[0]) ||
						strings.Contains(test.table, "completed") && !strings.Contains(got, test.table) {
						t.Errorf("got  %swant %s", got, test.table)
					}
					var ids []string
					for _, key := range slices.Sorted(maps.Keys(c.objects())) {
						if format == "csv" {
							for _, row := range csvRows(t, c.objects(), key) {
								ids = append(ids, row[0])
							}
							continue
						}
						_, rows := readParquet(t, c.objects()[key])
						for _, row := range rows {
							ids = append(ids, row[0])
							if note := row[3]; len(note) > len(`""`)+1024 {
								t.Errorf("row %s has %d characters of a LOB", row[0], len(note))
							}
						}
					}
					if diff := cmp.Diff(strings.Join(ids, " "), test.ids); diff != "" {
						t.Errorf("rows at the target (-got +want):\n%s", diff)
					}
					for _, line := range test.log {
						if !strings.Contains(c.log.String(), line) {
							t.Errorf("log:\n%swant %s", c.log, line)
						}
					}
				})
			})
		}
	}
}

// TestNothingButBadRows checks that a table with only bad rows has no file.
func TestNothingButBadRows(t *testing.T) {
	for _, format := range []string{`"DataFormat":"parquet"`, `"AddColumnName":true`} {
		dir := t.TempDir()
		if err := oracledb.Create(dir, "S", `CREATE TABLE T (SOLD DATE); INSERT INTO T VALUES ('once'), ('twice')`); err != nil {
			t.Fatal(err)
		}
		database, err := oracledb.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t, database, format)
			task := c.load(rules(selects("include", "S.T")), "")
			if got, want := c.tables(*task.ReplicationTaskArn), "S.T: Table completed, 0 rows\n"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := c.objects(); len(got) > 0 {
				t.Errorf("%s: got files %v, want none", format, slices.Collect(maps.Keys(got)))
			}
		})
	}
}

// TestTaskLog checks that a task logs to the stream with its name, if its logging is enabled and DMS has its logs role.
func TestTaskLog(t *testing.T) {
	tests := []struct {
		name, settings string
		role           bool
		want           string
	}{
		{"enabled", logging, true, "dms-tasks-shop-instance-"},
		{"disabled", `{"Logging":{"EnableLogging":false}}`, true, ""},
		{"without the role", logging, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, "")
				c.roles[logsRole] = test.role
				task := c.load(rules(selects("include", "SHOP.ORDERS"), selects("explicit", "SHOP.GONE")), test.settings)
				got := slices.Collect(maps.Keys(c.log.streams))
				if test.want == "" {
					if len(got) > 0 {
						t.Errorf("streams: %q, want none", got)
					}
					return
				}
				arn := *task.ReplicationTaskArn
				if len(got) != 1 || !strings.HasPrefix(got[0], test.want) ||
					!strings.HasSuffix(got[0], "/dms-task-"+arn[strings.LastIndexByte(arn, ':')+1:]) {
					t.Errorf("streams: %q", got)
				}
				golden(t, "task.log", c.log.String())
			})
		})
	}
}
