package dms_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestFailedRuns checks the status of a task and the states of its tables after a run that goes wrong.
func TestFailedRuns(t *testing.T) {
	const normal = "stopped: Stop Reason FULL_LOAD_ONLY_FINISHED"
	tests := []struct {
		name     string
		mappings string
		settings string
		breaks   func(c *cloud) // called after the connection tests
		want     string         // prefix of the status and reason
		tables   string
		log      string // part of the log
	}{
		{
			name: "a table that is named explicitly and does not exist", mappings: rules(
				selects("explicit", "SHOP.ORDERS"), selects("explicit", "SHOP.GONE"), selects("include", "SHOP.GONE_TOO"),
			),
			want: normal, tables: "SHOP.GONE: Table does not exist, 0 rows\nSHOP.ORDERS: Table completed, 2000 rows\n",
		},
		{
			name: "no table is selected", mappings: rules(selects("include", "NOBODY.%"), selects("explicit", "SHOP.GONE")),
			want: "failed: Last Error  No tables were found at task initialization. Either the selected table(s)",
		},
		{
			name: "no table is selected, and the task allows it", mappings: rules(selects("explicit", "SHOP.GONE")),
			settings: `{"ErrorBehavior":{"FailOnNoTablesCaptured":false}}`,
			want:     normal, tables: "SHOP.GONE: Table does not exist, 0 rows\n",
		},
		{
			name: "a table with a bad row is suspended by the policy", mappings: rules(selects("include", "SHOP.BROKEN"), selects("include", "SHOP.ORDERS")),
			settings: `{"Logging":{"EnableLogging":true},"ErrorBehavior":{"DataErrorPolicy":"SUSPEND_TABLE"}}`,
			want:     normal, tables: "SHOP.BROKEN: Table error, 0 rows\nSHOP.ORDERS: Table completed, 2000 rows\n",
			log: `[TASK_MANAGER    ]E:  Table 'SHOP'.'BROKEN' was suspended: column SOLD: the source has string "yesterday", ` +
				`which is not of its declared type`,
		},
		{
			name: "a type that is not migrated", mappings: rules(selects("include", "SHOP.ODD")),
			want: normal, tables: "SHOP.ODD: Table error, 0 rows\n", log: "the embedded DMS does not migrate type SDO_GEOMETRY",
		},
		{
			name: "a filter on a column that does not exist", mappings: rules(selects("include", "SHOP.ORDERS",
				`,"filters":[{"filter-type":"source","column-name":"COLOUR","filter-conditions":[{"filter-operator":"null"}]}]`)),
			want: normal, tables: "SHOP.ORDERS: Table error, 0 rows\n", log: "ORA-00904",
		},
		{
			name: "a filter with a value of another type", mappings: rules(selects("include", "SHOP.ORDERS",
				`,"filters":[{"filter-type":"source","column-name":"ID","filter-conditions":[{"filter-operator":"eq","value":"x"}]}]`)),
			want: normal, tables: "SHOP.ORDERS: Table error, 0 rows\n", log: "ORA-01722",
		},
		{
			name: "a table error stops the task by the policy", mappings: rules(selects("include", "SHOP.ODD")),
			settings: `{"ErrorBehavior":{"TableErrorPolicy":"STOP_TASK"}}`,
			want:     "failed: Last Error  task stopped by an error of table SHOP.ODD", tables: "SHOP.ODD: Table error, 0 rows\n",
		},
		{
			name: "the first table error stops the task if it escalates", mappings: rules(selects("include", "SHOP.ODD")),
			settings: `{"ErrorBehavior":{"TableErrorEscalationCount":1}}`,
			want:     "failed: Last Error  task stopped by an error of table SHOP.ODD", tables: "SHOP.ODD: Table error, 0 rows\n",
		},
		{
			name: "the bucket is deleted", mappings: rules(selects("include", "SHOP.ORDERS")),
			breaks: func(c *cloud) {
				if _, err := c.s3.DeleteBucket(c.ctx, &s3.DeleteBucketInput{Bucket: aws.String("lake")}); err != nil {
					c.t.Fatal(err)
				}
			},
			want: "failed: Last Error  connect to target endpoint shop-target-",
		},
		{
			name: "the role of the bucket is deleted", mappings: rules(selects("include", "SHOP.ORDERS")),
			breaks: func(c *cloud) { delete(c.roles, bucketRole) },
			want:   "failed: Last Error  connect to target endpoint shop-target-",
		},
		{
			name: "the password was changed", mappings: rules(selects("include", "SHOP.ORDERS")),
			breaks: func(c *cloud) {
				c.secrets[secretID] = `{"username":"DMS","password":"old","host":"oracle.shop","port":"1521"}`
			},
			want: "failed: Last Error  connect to source endpoint shop-source-",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, parquetSet)
				c.tested()
				if test.breaks != nil {
					test.breaks(c)
				}
				arn := c.newTask(types.MigrationTypeValueFullLoad, test.mappings, test.settings)
				if err := c.start(arn, types.StartReplicationTaskTypeValueStartReplication); err != nil {
					t.Fatal(err)
				}
				task := c.ended(arn)
				got := *task.Status + ": " + *task.StopReason
				if !strings.HasPrefix(got, test.want) {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				if *task.Status == "failed" && (*task.LastFailureMessage != *task.StopReason ||
					!strings.HasSuffix(*task.StopReason, "Stop Reason FATAL_ERROR Error Level FATAL")) {
					t.Errorf("failure message: %s", *task.LastFailureMessage)
				}
				if got := c.tables(arn); got != test.tables {
					t.Errorf("tables:\n%swant:\n%s", got, test.tables)
				}
				errored := int32(strings.Count(test.tables, "Table error"))
				if got := task.ReplicationTaskStats.TablesErrored; got != errored {
					t.Errorf("TablesErrored = %d, want %d", got, errored)
				}
				if !strings.Contains(c.log.String(), test.log) {
					t.Errorf("log: %s\nwant %s", c.log, test.log)
				}
			})
		})
	}
}

// TestConnectionFailures checks that connection tests report the errors of Oracle and AWS.
func TestConnectionFailures(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(c *cloud)
		source bool
		want   string
	}{
		{"no listener", func(c *cloud) { c.login("DMS", "tiger", "elsewhere") }, true, "ORA-12541: TNS:no listener at elsewhere:1521"},
		{"wrong user", func(c *cloud) { c.login("SCOTT", "tiger", "oracle.shop") }, true, "ORA-01017: invalid username/password; logon denied"},
		{"wrong password", func(c *cloud) { c.login("DMS", "lion", "oracle.shop") }, true, "ORA-01017: invalid username/password; logon denied"},
		{"unknown service", func(c *cloud) {
			c.from = c.create("AWS::DMS::Endpoint", "Elsewhere", `{"EndpointType":"source","EngineName":"oracle","DatabaseName":"NOPDB",
				"OracleSettings":{"SecretsManagerAccessRoleArn":"`+secretRole+`","SecretsManagerSecretId":"`+secretID+`"}}`)
		}, true, "ORA-12514: TNS:listener does not currently know of service NOPDB requested in connect descriptor"},
		{"no secret", func(c *cloud) { delete(c.secrets, secretID) }, true, "Secrets Manager can't find the specified secret."},
		{"a secret that is not JSON", func(c *cloud) { c.secrets[secretID] = "tiger" }, true, "is not {username, password, host, port}"},
		{"no role for the secret", func(c *cloud) { delete(c.roles, secretRole) }, true, "unable to assume role " + secretRole},
		{"no role for the bucket", func(c *cloud) { delete(c.roles, bucketRole) }, false, "unable to assume role " + bucketRole},
		{"no bucket", func(c *cloud) {
			c.to = c.create("AWS::DMS::Endpoint", "Nowhere", strings.Replace(target(""), `"lake"`, `"sea"`, 1))
		}, false, "NoSuchBucket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, "")
				test.breaks(c)
				endpoint := c.to
				if test.source {
					endpoint = c.from
				}
				c.test(endpoint)
				status, failure := c.connection(endpoint)
				if status != "failed" || !strings.Contains(failure, test.want) {
					t.Errorf("got  %s: %s\nwant %s", status, failure, test.want)
				}
			})
		})
	}
}

func (c *cloud) login(user, password, host string) {
	c.secrets[secretID] = fmt.Sprintf(`{"username":%q,"password":%q,"host":%q,"port":1521}`, user, password, host)
}

// TestStopAndResumeAFullLoad checks that a stopped full load keeps its complete tables, and that resuming loads only the
// other tables.
func TestStopAndResumeAFullLoad(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		c.tested()
		arn := c.newTask(types.MigrationTypeValueFullLoad, rules(
			selects("include", "SHOP.PRODUCT", `,"load-order":"3"`), selects("include", "SHOP.ORDERS", `,"load-order":"2"`),
			selects("include", "SHOP.ORDER_LINE", `,"load-order":"1"`),
		), `{"FullLoadSettings":{"MaxFullLoadSubTasks":1}}`)
		c.onPut.Store(new(func(key string) {
			if strings.Contains(key, "ORDERS") {
				time.Sleep(time.Hour) // a slow second table
			}
		}))
		if err := c.start(arn, types.StartReplicationTaskTypeValueStartReplication); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if got, want := c.tables(arn), "SHOP.ORDERS: Full load, 2000 rows\nSHOP.ORDER_LINE: Before load, 0 rows\n"+
			"SHOP.PRODUCT: Table completed, 4 rows\n"; got != want {
			t.Errorf("while it loads:\n%swant:\n%s", got, want)
		}
		if got := c.describe(arn).ReplicationTaskStats; got.FullLoadProgressPercent != 33 || got.TablesLoading != 1 || got.TablesQueued != 1 {
			t.Errorf("statistics while it loads: %+v", *got)
		}
		if err := c.stop(arn); err != nil {
			t.Fatal(err)
		}
		task := c.ended(arn)
		if got, want := *task.Status+": "+*task.StopReason, "stopped: Stop Reason NORMAL"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := c.tables(arn), "SHOP.ORDERS: Table cancelled, 2000 rows\nSHOP.ORDER_LINE: Before load, 0 rows\n"+
			"SHOP.PRODUCT: Table completed, 4 rows\n"; got != want {
			t.Errorf("stopped:\n%swant:\n%s", got, want)
		}
		time.Sleep(2 * time.Hour)
		var puts atomic.Int64
		c.onPut.Store(new(func(string) { puts.Add(1) }))
		if err := c.start(arn, types.StartReplicationTaskTypeValueResumeProcessing); err != nil {
			t.Fatal(err)
		}
		first := *task.ReplicationTaskStats
		task = c.ended(arn)
		if got, want := c.tables(arn), "SHOP.ORDERS: Table completed, 2000 rows\nSHOP.ORDER_LINE: Table completed, 900 rows\n"+
			"SHOP.PRODUCT: Table completed, 4 rows\n"; got != want || puts.Load() != 2 {
			t.Errorf("resumed with %d files:\n%swant 2 and:\n%s", puts.Load(), got, want)
		}
		second := *task.ReplicationTaskStats
		if !second.StartDate.After(*first.StartDate) || !second.FreshStartDate.Equal(*first.FreshStartDate) {
			t.Errorf("StartDate %v then %v, FreshStartDate %v then %v: want only StartDate to move",
				first.StartDate, second.StartDate, first.FreshStartDate, second.FreshStartDate)
		}
	})
}
