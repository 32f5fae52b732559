package dms_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/ec2"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/oracledb"
)

var update = flag.Bool("update", false, "write the golden files again")

// cloud is a DMS with the services that it calls, a replication instance, an endpoint for the source schema SHOP and an
// endpoint for the target bucket lake.
type cloud struct {
	t       testing.TB
	ctx     context.Context
	dms     *dms.Service
	client  *databasemigrationservice.Client
	s3      *s3.Client
	gateway *gateway.Gateway
	roles   roles
	secrets map[string]string
	log     *taskLog
	network network
	onPut   atomic.Pointer[func(path string)] // called before an object is written

	instance, from, to string // ARNs
}

// roles are the roles that exist.
type roles map[string]bool

func (r roles) Credentials(role, _ string) (aws.Credentials, error) {
	if !r[role] {
		return aws.Credentials{}, fmt.Errorf("role %s does not exist", role)
	}
	name := role[strings.LastIndexByte(role, '/')+1:]
	return aws.Credentials{AccessKeyID: "AKIA" + name, SecretAccessKey: "secret"}, nil
}

// network has the security groups, and the subnets with their availability zones.
type network map[string]string

func (n network) Subnet(id string) (ec2.Subnet, bool) {
	zone, ok := n[id]
	return ec2.Subnet{ID: id, VPC: "vpc-1", AvailabilityZone: zone}, ok && strings.HasPrefix(id, "subnet-")
}

func (n network) SecurityGroup(id string) (vpc string, ok bool) {
	_, ok = n[id]
	return "vpc-1", ok && strings.HasPrefix(id, "sg-")
}

// taskLog has the log lines of tasks.
type taskLog struct {
	mu      sync.Mutex
	lines   strings.Builder
	streams map[string]bool // GROUP/STREAM
}

func (l *taskLog) write(group, stream, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(&l.lines, line)
	l.streams[group+"/"+stream] = true
}

func (l *taskLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

type everyone struct{}

func (everyone) Principal(key string) (gateway.Principal, error) {
	return gateway.Principal{ARN: key}, nil
}

const (
	secretRole  = "arn:aws:iam::111122223333:role/read-secret"
	bucketRole  = "arn:aws:iam::111122223333:role/write-lake"
	networkRole = "arn:aws:iam::111122223333:role/dms-vpc-role"
	logsRole    = "arn:aws:iam::111122223333:role/dms-cloudwatch-logs-role"
	secretID    = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop"
	parquetSet  = `"DataFormat":"parquet","ParquetVersion":"parquet-2-0","ParquetTimestampInMillisecond":true`
)

// logging are task settings that only enable the log.
const logging = `{"Logging":{"EnableLogging":true}}`

// shop creates the schema of testdata/shop.sql in a directory.
func shop(t testing.TB) *oracledb.Database {
	t.Helper()
	script, err := os.ReadFile("testdata/shop.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := oracledb.Create(dir, "SHOP", string(script)); err != nil {
		t.Fatal(err)
	}
	database, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := database.Alter(t.Context(), "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS"); err != nil {
		t.Fatal(err)
	}
	return database
}

// newCloud returns a cloud for a source. settings are the S3Settings without the bucket, as JSON members.
func newCloud(t testing.TB, database *oracledb.Database, settings string) *cloud {
	t.Helper()
	return newCloudWith(t, database, settings, dms.Options{})
}

func newCloudWith(t testing.TB, database *oracledb.Database, settings string, options dms.Options) *cloud {
	t.Helper()
	c := &cloud{
		t: t, ctx: t.Context(), log: &taskLog{streams: map[string]bool{}},
		roles:   roles{secretRole: true, bucketRole: true, networkRole: true, logsRole: true},
		network: network{"subnet-1": "eu-west-1a", "subnet-2": "eu-west-1b", "subnet-3": "eu-west-1a", "sg-1": ""},
		secrets: map[string]string{secretID: `{"username":"DMS","password":"tiger","host":"oracle.shop","port":1521}`},
		gateway: gateway.New(everyone{}),
	}
	fake := gofakes3.New(s3mem.New(), gofakes3.WithTimeSkewLimit(0), gofakes3.WithLogger(gofakes3.DiscardLog()))
	server := fake.Server()
	c.gateway.Handle("s3", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := c.onPut.Load(); r.Method == http.MethodPut && f != nil {
			(*f)(r.URL.Path)
		}
		server.ServeHTTP(w, r)
	}))
	c.gateway.Handle("secretsmanager", gateway.JSON("secretsmanager", map[string]gateway.Operation{
		"GetSecretValue": gateway.Op(c.secret),
	}))
	registry := &oracledb.Registry{}
	registry.Add(oracledb.Oracle{
		Host: "oracle.shop", Port: 1521, Service: "SHOPPDB", Username: "DMS", Password: "tiger",
	}, database)
	acct := account.Account{ID: "111122223333", Region: "eu-west-1"}
	options.Log = c.log.write
	c.dms = dms.New(acct, clock.Clock{}, c.roles, func(p aws.CredentialsProvider) aws.Config {
		return c.gateway.Config(acct.Region, p)
	}, registry, c.network, options)
	c.gateway.Handle("dms", c.dms.Handler())
	config := c.gateway.Config(acct.Region, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, nil
	}))
	config.RetryMaxAttempts = 1
	c.client = databasemigrationservice.NewFromConfig(config)
	c.s3 = s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := c.s3.CreateBucket(c.ctx, &s3.CreateBucketInput{Bucket: aws.String("lake")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.dms.Close)
	c.create("AWS::DMS::ReplicationSubnetGroup", "Subnets", `{"ReplicationSubnetGroupIdentifier":"net",
		"ReplicationSubnetGroupDescription":"test","SubnetIds":["subnet-1","subnet-2"]}`)
	c.instance = c.create("AWS::DMS::ReplicationInstance", "Instance", `{"ReplicationInstanceClass":"dms.t3.medium",
		"ReplicationSubnetGroupIdentifier":"net","PubliclyAccessible":false}`)
	c.from = c.create("AWS::DMS::Endpoint", "Source", `{"EndpointType":"source","EngineName":"oracle","DatabaseName":"SHOPPDB",
		"OracleSettings":{"SecretsManagerAccessRoleArn":"`+secretRole+`","SecretsManagerSecretId":"`+secretID+`"}}`)
	c.to = c.create("AWS::DMS::Endpoint", "Target", target(settings))
	return c
}

// target returns the properties of the endpoint for the bucket lake.
func target(settings string) string {
	if settings != "" {
		settings = "," + settings
	}
	return `{"EndpointType":"target","EngineName":"s3","S3Settings":{"BucketName":"lake","BucketFolder":"full",
		"ServiceAccessRoleArn":"` + bucketRole + `"` + settings + `}}`
}

func (c *cloud) secret(_ context.Context, in struct{ SecretId string }) (struct{ SecretString string }, error) {
	value, ok := c.secrets[in.SecretId]
	if !ok {
		return struct{ SecretString string }{}, gateway.Errorf("ResourceNotFoundException",
			"Secrets Manager can't find the specified secret.")
	}
	return struct{ SecretString string }{value}, nil
}

func request(logicalID, properties string) resource.Request {
	return resource.Request{StackName: "shop", LogicalID: logicalID, Properties: json.RawMessage(properties)}
}

// create creates a resource as CloudFormation does and returns its physical id.
func (c *cloud) create(kind, logicalID, properties string) string {
	c.t.Helper()
	made, err := c.dms.Resources()[kind].Create(c.ctx, request(logicalID, properties))
	if err != nil {
		c.t.Fatalf("create %s: %v", kind, err)
	}
	return made.PhysicalID
}

// tested tests both connections and waits until they are successful.
func (c *cloud) tested() {
	c.t.Helper()
	for _, e := range []string{c.from, c.to} {
		if _, err := c.client.TestConnection(c.ctx, &databasemigrationservice.TestConnectionInput{
			EndpointArn: &e, ReplicationInstanceArn: &c.instance,
		}); err != nil {
			c.t.Fatal(err)
		}
	}
	time.Sleep(time.Minute)
	out, err := c.client.DescribeConnections(c.ctx, &databasemigrationservice.DescribeConnectionsInput{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, o := range out.Connections {
		if *o.Status != "successful" {
			c.t.Fatalf("connection to %s: %s: %s", *o.EndpointIdentifier, *o.Status, aws.ToString(o.LastFailureMessage))
		}
	}
}

// newTask creates a task and waits until it is ready.
func (c *cloud) newTask(kind types.MigrationTypeValue, mappings, settings string) string {
	c.t.Helper()
	arn := c.mustCreate("task", kind, mappings, settings)
	time.Sleep(4 * time.Minute)
	return arn
}

func (c *cloud) mustCreate(id string, kind types.MigrationTypeValue, mappings, settings string) string {
	c.t.Helper()
	out, err := c.createTask(id, kind, mappings, settings)
	if err != nil {
		c.t.Fatal(err)
	}
	return *out.ReplicationTask.ReplicationTaskArn
}

func (c *cloud) createTask(
	id string, kind types.MigrationTypeValue, mappings, settings string,
) (*databasemigrationservice.CreateReplicationTaskOutput, error) {
	if settings == "" {
		settings = logging
	}
	return c.client.CreateReplicationTask(c.ctx, &databasemigrationservice.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: &id, MigrationType: kind, ReplicationInstanceArn: &c.instance,
		SourceEndpointArn: &c.from, TargetEndpointArn: &c.to, TableMappings: &mappings, ReplicationTaskSettings: &settings,
	})
}

func (c *cloud) start(arn string, kind types.StartReplicationTaskTypeValue) error {
	_, err := c.client.StartReplicationTask(c.ctx, &databasemigrationservice.StartReplicationTaskInput{
		ReplicationTaskArn: &arn, StartReplicationTaskType: kind,
	})
	return err
}

func (c *cloud) stop(arn string) error {
	_, err := c.client.StopReplicationTask(c.ctx, &databasemigrationservice.StopReplicationTaskInput{ReplicationTaskArn: &arn})
	return err
}

// describe returns the task, or nil when it does not exist.
func (c *cloud) describe(arn string) *types.ReplicationTask {
	c.t.Helper()
	out, err := c.client.DescribeReplicationTasks(c.ctx, &databasemigrationservice.DescribeReplicationTasksInput{
		Filters: []types.Filter{{Name: aws.String("replication-task-arn"), Values: []string{arn}}},
	})
	if gone := (*types.ResourceNotFoundFault)(nil); errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return &out.ReplicationTasks[0]
}

// load runs a new full-load task to its end.
func (c *cloud) load(mappings, settings string) *types.ReplicationTask {
	c.t.Helper()
	c.tested()
	arn := c.newTask(types.MigrationTypeValueFullLoad, mappings, settings)
	if err := c.start(arn, types.StartReplicationTaskTypeValueStartReplication); err != nil {
		c.t.Fatal(err)
	}
	return c.ended(arn)
}

// ended waits until a task is stopped or failed.
func (c *cloud) ended(arn string) *types.ReplicationTask {
	c.t.Helper()
	for range 100 {
		time.Sleep(30 * time.Second)
		if t := c.describe(arn); *t.Status == "stopped" || *t.Status == "failed" {
			return t
		}
	}
	c.t.Fatalf("task is still %s", *c.describe(arn).Status)
	return nil
}

// tables returns the state and row count of each table of a task, one table a line.
func (c *cloud) tables(arn string) string {
	c.t.Helper()
	out, err := c.client.DescribeTableStatistics(c.ctx, &databasemigrationservice.DescribeTableStatisticsInput{
		ReplicationTaskArn: &arn,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	var b strings.Builder
	for _, t := range out.TableStatistics {
		fmt.Fprintf(&b, "%s.%s: %s, %d rows\n", *t.SchemaName, *t.TableName, *t.TableState, t.FullLoadRows)
	}
	return b.String()
}

// objects returns the objects of the bucket by key.
func (c *cloud) objects() map[string][]byte {
	c.t.Helper()
	out, err := c.s3.ListObjectsV2(c.ctx, &s3.ListObjectsV2Input{Bucket: aws.String("lake")})
	if err != nil {
		c.t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, o := range out.Contents {
		got, err := c.s3.GetObject(c.ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: o.Key})
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if err != nil {
			c.t.Fatal(err)
		}
		all[*o.Key] = body
	}
	return all
}

// put writes an object.
func (c *cloud) put(key, body string) {
	c.t.Helper()
	if _, err := c.s3.PutObject(c.ctx, &s3.PutObjectInput{
		Bucket: aws.String("lake"), Key: &key, Body: strings.NewReader(body),
	}); err != nil {
		c.t.Fatal(err)
	}
}

// code returns the AWS code and message of an error.
func code(err error) string {
	var e smithy.APIError
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	return e.ErrorCode() + ": " + e.ErrorMessage()
}

// golden compares text with a file of testdata.
func golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s (-got +want; -update writes it again):\n%s", path, diff)
	}
}

// rules builds a mapping document from rules and adds ids and names.
func rules(all ...string) string {
	for i, r := range all {
		all[i] = fmt.Sprintf(`{"rule-id":"%d","rule-name":"rule %d",%s}`, i+1, i+1, r)
	}
	return `{"rules":[` + strings.Join(all, ",") + `]}`
}

// selects returns a selection rule.
func selects(action, table string, more ...string) string {
	schema, name, _ := strings.Cut(table, ".")
	return fmt.Sprintf(`"rule-type":"selection","rule-action":%q,"object-locator":{"schema-name":%q,"table-name":%q}%s`,
		action, schema, name, strings.Join(more, ""))
}
