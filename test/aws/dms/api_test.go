package dms_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/dms"
)

// test tests a connection and waits for the result.
func (c *cloud) test(endpoint string) {
	c.t.Helper()
	if _, err := c.client.TestConnection(c.ctx, &databasemigrationservice.TestConnectionInput{
		EndpointArn: &endpoint, ReplicationInstanceArn: &c.instance,
	}); err != nil {
		c.t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// connection returns the result of the last connection test of an endpoint.
func (c *cloud) connection(endpoint string) (status, failure string) {
	c.t.Helper()
	out, err := c.client.DescribeConnections(c.ctx, &databasemigrationservice.DescribeConnectionsInput{
		Filters: []types.Filter{{Name: aws.String("endpoint-arn"), Values: []string{endpoint}}},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return *out.Connections[0].Status, aws.ToString(out.Connections[0].LastFailureMessage)
}

// raw sends a request that no SDK would send and returns the body of the answer.
func (c *cloud) raw(operation, body string) string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonDMSv20160101."+operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIATEST/20000101/eu-west-1/dms/aws4_request")
	answer, err := c.gateway.Config("eu-west-1", nil).HTTPClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func TestRefusals(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		valid := rules(selects("include", "SHOP.ORDERS"))
		ready := c.newTask(types.MigrationTypeValueFullLoad, valid, "")
		start := func() string {
			return code(c.start(ready, types.StartReplicationTaskTypeValueStartReplication))
		}
		create := func(change func(in *databasemigrationservice.CreateReplicationTaskInput)) string {
			in := &databasemigrationservice.CreateReplicationTaskInput{
				ReplicationTaskIdentifier: aws.String("other"), MigrationType: types.MigrationTypeValueFullLoad,
				ReplicationInstanceArn: &c.instance, SourceEndpointArn: &c.from, TargetEndpointArn: &c.to, TableMappings: &valid,
			}
			change(in)
			_, err := c.client.CreateReplicationTask(c.ctx, in)
			return code(err)
		}
		identifier := func(id string) string {
			return create(func(in *databasemigrationservice.CreateReplicationTaskInput) { in.ReplicationTaskIdentifier = &id })
		}
		settings := func(s string) string {
			return create(func(in *databasemigrationservice.CreateReplicationTaskInput) { in.ReplicationTaskSettings = &s })
		}
		mappings := func(m string) string {
			return create(func(in *databasemigrationservice.CreateReplicationTaskInput) { in.TableMappings = &m })
		}
		describe := func(records int32, filters ...string) string {
			in := &databasemigrationservice.DescribeReplicationTasksInput{MaxRecords: &records}
			for _, f := range filters {
				name, value, _ := strings.Cut(f, "=")
				in.Filters = append(in.Filters, types.Filter{Name: &name, Values: []string{value}})
			}
			_, err := c.client.DescribeReplicationTasks(c.ctx, in)
			return code(err)
		}
		modify := func(in databasemigrationservice.ModifyReplicationTaskInput) string {
			in.ReplicationTaskArn = &ready
			_, err := c.client.ModifyReplicationTask(c.ctx, &in)
			return code(err)
		}
		var b strings.Builder
		note := func(what, answer string) {
			for _, arn := range []struct{ arn, name string }{
				{ready, "TASK"}, {c.instance, "INSTANCE"}, {c.from, "SOURCE"}, {c.to, "TARGET"},
			} {
				answer = strings.ReplaceAll(answer, arn.arn, arn.name)
			}
			fmt.Fprintf(&b, "%s\n\t%s\n", what, strings.TrimSpace(answer))
		}

		note("an operation that is not implemented", c.raw("DescribeReplicationConfigs", "{}"))
		note("a member that is not implemented", c.raw("DescribeReplicationTasks", `{"Colour":"red"}`))
		note("start before the connections are tested", start())
		c.test(c.from)
		note("start before the target is tested", start())
		note("resume a task that never ran", code(c.start(ready, types.StartReplicationTaskTypeValueResumeProcessing)))
		note("reload a task that never ran", code(c.start(ready, types.StartReplicationTaskTypeValueReloadTarget)))
		note("start with an unknown start type", code(c.start(ready, "restart")))
		position := func(kind types.MigrationTypeValue, position string, at *time.Time) string {
			return create(func(in *databasemigrationservice.CreateReplicationTaskInput) {
				in.MigrationType, in.CdcStartPosition, in.CdcStartTime = kind, &position, at
			})
		}
		now := time.Now()
		note("a start position for full-load-and-cdc", position(types.MigrationTypeValueFullLoadAndCdc, "1", nil))
		note("an invalid start position", position(types.MigrationTypeValueCdc, "yesterday", nil))
		note("a start position and a start time", position(types.MigrationTypeValueCdc, "1", &now))
		note("stop at a position", c.raw("StartReplicationTask", `{"ReplicationTaskArn":"x","StartReplicationTaskType":"start-replication","CdcStopPosition":"1"}`))
		note("reload tables of a task that does not run", c.raw("ReloadTables", `{"ReplicationTaskArn":"`+ready+`","TablesToReload":[{"SchemaName":"SHOP","TableName":"ORDERS"}]}`))
		note("validate tables", c.raw("ReloadTables", `{"ReplicationTaskArn":"`+ready+`","ReloadOption":"validate-only","TablesToReload":[{"SchemaName":"SHOP","TableName":"ORDERS"}]}`))
		note("start a task that does not exist", code(c.start("arn:nothing", types.StartReplicationTaskTypeValueStartReplication)))
		note("stop a task that does not run", code(c.stop(ready)))

		note("create with the same identifier", identifier("TASK"))
		note("an empty identifier", identifier(""))
		note("an identifier that begins with a digit", identifier("1st"))
		note("an identifier with two hyphens", identifier("a--b"))
		note("an identifier with a trailing hyphen", identifier("a-"))
		note("an identifier that is too long", strings.ReplaceAll(identifier(strings.Repeat("a", 256)), strings.Repeat("a", 256), "aaa..."))
		note("a resource identifier that is too long", create(func(in *databasemigrationservice.CreateReplicationTaskInput) {
			in.ResourceIdentifier = aws.String(strings.Repeat("r", 32))
		}))
		note("an unknown migration type", create(func(in *databasemigrationservice.CreateReplicationTaskInput) { in.MigrationType = "copy" }))
		note("an instance that does not exist", create(func(in *databasemigrationservice.CreateReplicationTaskInput) {
			in.ReplicationInstanceArn = aws.String("arn:nothing")
		}))
		note("an endpoint that does not exist", create(func(in *databasemigrationservice.CreateReplicationTaskInput) {
			in.TargetEndpointArn = aws.String("arn:nothing")
		}))
		note("source and target endpoints exchanged", create(func(in *databasemigrationservice.CreateReplicationTaskInput) {
			in.SourceEndpointArn, in.TargetEndpointArn = in.TargetEndpointArn, in.SourceEndpointArn
		}))
		note("a tag key with the prefix aws:", create(func(in *databasemigrationservice.CreateReplicationTaskInput) {
			in.Tags = []types.Tag{{Key: aws.String("aws:mine"), Value: aws.String("x")}}
		}))
		note("mappings that are not JSON", mappings("all"))
		note("mappings without a selection", mappings(rules(`"rule-type":"transformation","rule-target":"schema","rule-action":"rename","value":"x","object-locator":{"schema-name":"SHOP"}`)))
		note("a rule of an unknown kind", mappings(rules(`"rule-type":"magic"`)))
		note("settings that are not JSON", settings("{"))
		note("an unknown setting", settings(`{"FullLoadSettings":{"Speed":9}}`))
		note("a setting of another type", settings(`{"FullLoadSettings":{"CommitRate":"fast"}}`))
		note("too many subtasks", settings(`{"FullLoadSettings":{"MaxFullLoadSubTasks":50}}`))
		note("validation", settings(`{"ValidationSettings":{"EnableValidation":true}}`))
		note("batch apply", settings(`{"TargetMetadata":{"BatchApplyEnabled":true}}`))
		note("an invalid data error policy", settings(`{"TargetMetadata":{"BatchApplyEnabled":false},"ErrorBehavior":{"DataErrorPolicy":"NO"}}`))
		note("retries", settings(`{"ErrorBehavior":{"RecoverableErrorCount":5}}`))
		note("a schema at the target", settings(`{"TargetMetadata":{"TargetSchema":"S"}}`))
		note("control tables", settings(`{"ControlTablesSettings":{"StatusTableEnabled":true}}`))
		note("an invalid escalation policy", settings(`{"ErrorBehavior":{"TableErrorEscalationPolicy":"LOG_ERROR"}}`))
		note("a count below zero", settings(`{"ErrorBehavior":{"DataErrorEscalationCount":-1}}`))
		note("full LOB mode", settings(`{"TargetMetadata":{"FullLobMode":true}}`))

		note("MaxRecords too small", describe(19))
		note("MaxRecords too large", describe(101))
		note("an unknown filter", describe(20, "colour=red"))
		note("a task that does not exist", describe(20, "replication-task-id=nothing"))
		note("statistics of a task that does not exist", c.raw("DescribeTableStatistics", `{"ReplicationTaskArn":"arn:nothing"}`))
		note("MaxRecords of statistics too large", c.raw("DescribeTableStatistics", `{"ReplicationTaskArn":"`+ready+`","MaxRecords":501}`))

		note("modify the migration type", modify(databasemigrationservice.ModifyReplicationTaskInput{MigrationType: types.MigrationTypeValueCdc}))
		note("delete an instance with a task", code(c.dms.Resources()["AWS::DMS::ReplicationInstance"].Delete(c.ctx, deletion(c.instance))))
		note("delete a source with a task", code(c.dms.Resources()["AWS::DMS::Endpoint"].Delete(c.ctx, deletion(c.from))))
		note("delete a subnet group with an instance", code(c.dms.Resources()["AWS::DMS::ReplicationSubnetGroup"].Delete(c.ctx, deletion("net"))))

		c.test(c.to)
		c.onPut.Store(new(func(string) { time.Sleep(time.Hour) }))
		if err := c.start(ready, types.StartReplicationTaskTypeValueStartReplication); err != nil {
			t.Fatal(err)
		}
		note("stop a starting task", code(c.stop(ready)))
		time.Sleep(2 * time.Minute)
		note("start a running task", start())
		note("modify a running task", modify(databasemigrationservice.ModifyReplicationTaskInput{TableMappings: &valid}))
		note("reload tables of a full load", c.raw("ReloadTables", `{"ReplicationTaskArn":"`+ready+`","TablesToReload":[{"SchemaName":"SHOP","TableName":"ORDERS"}]}`))
		note("delete a running task", c.raw("DeleteReplicationTask", `{"ReplicationTaskArn":"`+ready+`"}`))
		_, err := c.dms.Resources()["AWS::DMS::Endpoint"].Update(c.ctx, change(c.to, "Target", target(parquetSet)))
		note("modify the endpoint of a running task", code(err))
		time.Sleep(3 * time.Hour)
		c.ended(ready)
		note("start a task again with start-replication", start())
		golden(t, "refusals.txt", b.String())
	})
}

func TestModify(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		task := c.load(rules(selects("include", "SHOP.ORDERS")), "")
		mappings := rules(selects("include", "SHOP.ORDERS"), selects("include", "SHOP.PRODUCT"))
		if _, err := c.client.ModifyReplicationTask(c.ctx, &databasemigrationservice.ModifyReplicationTaskInput{
			ReplicationTaskArn: task.ReplicationTaskArn, TableMappings: &mappings,
			ReplicationTaskSettings: aws.String(`{"FullLoadSettings":{"CommitRate":5000}}`),
		}); err != nil {
			t.Fatal(err)
		}
		if got, want := *c.describe(*task.ReplicationTaskArn).Status, "modifying"; got != want {
			t.Errorf("status %s, want %s", got, want)
		}
		time.Sleep(time.Minute)
		after := c.describe(*task.ReplicationTaskArn)
		if *after.Status != "stopped" || *after.TableMappings != mappings ||
			!strings.Contains(*after.ReplicationTaskSettings, `"CommitRate":5000,`) ||
			!strings.Contains(*after.ReplicationTaskSettings, `"MaxFullLoadSubTasks":8,`) {
			t.Errorf("%s, mappings %s, settings %s", *after.Status, *after.TableMappings, *after.ReplicationTaskSettings)
		}
		// Resuming loads the added table only, not the table that was loaded before.
		if err := c.start(*task.ReplicationTaskArn, types.StartReplicationTaskTypeValueResumeProcessing); err != nil {
			t.Fatal(err)
		}
		var puts atomic.Int64
		c.onPut.Store(new(func(string) { puts.Add(1) }))
		c.ended(*task.ReplicationTaskArn)
		if got, want := c.tables(*task.ReplicationTaskArn), "SHOP.ORDERS: Table completed, 2000 rows\nSHOP.PRODUCT: Table completed, 4 rows\n"; got != want || puts.Load() != 1 {
			t.Errorf("%d files and\n%swant 1 and\n%s", puts.Load(), got, want)
		}
	})
}

func TestPagesAndTags(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		var want []string
		for i := range 45 {
			id := fmt.Sprintf("task-%02d", i)
			want = append(want, id)
			c.mustCreate(id, types.MigrationTypeValueFullLoad, rules(selects("include", "SHOP.ORDERS")), "")
		}
		var got []string
		pages := databasemigrationservice.NewDescribeReplicationTasksPaginator(c.client,
			&databasemigrationservice.DescribeReplicationTasksInput{
				MaxRecords: aws.Int32(20), WithoutSettings: aws.Bool(true),
				Filters: []types.Filter{{Name: aws.String("replication-instance-arn"), Values: []string{c.instance}}},
			})
		first := ""
		for pages.HasMorePages() {
			page, err := pages.NextPage(c.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range page.ReplicationTasks {
				got = append(got, *task.ReplicationTaskIdentifier)
				if first == "" {
					first = *task.ReplicationTaskArn
				}
				if task.TableMappings != nil || task.ReplicationTaskSettings != nil {
					t.Error("the answer has settings, but WithoutSettings was true")
				}
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("tasks (-got +want):\n%s", diff)
		}
		if _, err := c.client.AddTagsToResource(c.ctx, &databasemigrationservice.AddTagsToResourceInput{
			ResourceArn: &first, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")}},
		}); err != nil {
			t.Fatal(err)
		}
		tags := func() []types.Tag {
			out, err := c.client.ListTagsForResource(c.ctx, &databasemigrationservice.ListTagsForResourceInput{ResourceArn: &first})
			if err != nil {
				t.Fatal(err)
			}
			return out.TagList
		}
		if early := tags(); len(early) != 0 {
			t.Errorf("tags: %+v at once, want them later", early)
		}
		time.Sleep(dms.AWSDelays().Tagging)
		synctest.Wait()
		if late := tags(); len(late) != 2 || *late[0].Key != "a" || *late[1].Value != "2" {
			t.Errorf("tags: %+v", late)
		}
	})
}

// TestThrottling checks that the API allows 200 calls at once and 8 more each second.
func TestThrottling(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		time.Sleep(time.Hour)
		calls := func() (n int) {
			for {
				_, err := c.client.DescribeReplicationInstances(c.ctx, &databasemigrationservice.DescribeReplicationInstancesInput{})
				if err != nil {
					if got, want := code(err), "ThrottlingException: Rate exceeded"; got != want {
						t.Fatalf("got %s, want %s", got, want)
					}
					return n
				}
				n++
			}
		}
		var got []int
		for _, pause := range []time.Duration{0, time.Second, 500 * time.Millisecond, 10 * time.Second, time.Hour} {
			time.Sleep(pause)
			got = append(got, calls())
		}
		if diff := cmp.Diff(got, []int{200, 8, 4, 80, 200}); diff != "" {
			t.Errorf("calls after pauses (-got +want):\n%s", diff)
		}
	})
}
