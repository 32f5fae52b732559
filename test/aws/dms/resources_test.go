package dms_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

func deletion(physicalID string) resource.Request { return resource.Request{PhysicalID: physicalID} }

func change(physicalID, logicalID, properties string) resource.Request {
	r := request(logicalID, properties)
	r.PhysicalID = physicalID
	return r
}

func TestResourcesComeAndGo(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, parquetSet)
		types := c.dms.Resources()
		instances, err := c.client.DescribeReplicationInstances(c.ctx, &databasemigrationservice.DescribeReplicationInstancesInput{})
		if err != nil {
			t.Fatal(err)
		}
		i := instances.ReplicationInstances[0]
		if *i.ReplicationInstanceArn != c.instance || *i.ReplicationInstanceStatus != "available" || i.PubliclyAccessible ||
			!strings.HasPrefix(*i.ReplicationInstanceIdentifier, "shop-instance-") ||
			*i.ReplicationSubnetGroup.ReplicationSubnetGroupIdentifier != "net" || len(i.ReplicationSubnetGroup.Subnets) != 2 {
			t.Errorf("instance: %+v", i)
		}
		before := time.Now()
		changed := `{"ReplicationInstanceClass":"dms.c6i.large","ReplicationSubnetGroupIdentifier":"net","PubliclyAccessible":"false"}`
		if _, err := types["AWS::DMS::ReplicationInstance"].Update(c.ctx, change(c.instance, "Instance", changed)); err != nil {
			t.Fatal(err)
		}
		if got, want := time.Since(before), 3*time.Minute; got != want {
			t.Errorf("the change took %s, want %s", got, want)
		}
		instances, err = c.client.DescribeReplicationInstances(c.ctx, &databasemigrationservice.DescribeReplicationInstancesInput{})
		if err != nil {
			t.Fatal(err)
		}
		if got := instances.ReplicationInstances[0]; *got.ReplicationInstanceClass != "dms.c6i.large" ||
			*got.ReplicationInstanceIdentifier != *i.ReplicationInstanceIdentifier {
			t.Errorf("changed instance: %+v", got)
		}

		// DMS tests a changed endpoint again without a request.
		c.tested()
		c.roles[bucketRole] = false
		if _, err := types["AWS::DMS::Endpoint"].Update(c.ctx, change(c.to, "Target", target(``))); err != nil {
			t.Fatal(err)
		}
		if status, _ := c.connection(c.to); status != "testing" {
			t.Errorf("connection is %s, want testing", status)
		}
		time.Sleep(time.Minute)
		if status, failure := c.connection(c.to); status != "failed" {
			t.Errorf("connection is %s (%s), want failed", status, failure)
		}

		for _, r := range []struct{ kind, id string }{
			{"AWS::DMS::Endpoint", c.from},
			{"AWS::DMS::Endpoint", c.to},
			{"AWS::DMS::ReplicationInstance", c.instance},
			{"AWS::DMS::ReplicationSubnetGroup", "net"},
			{"AWS::DMS::ReplicationSubnetGroup", "net"}, // deleting a deleted resource is no error
		} {
			if err := types[r.kind].Delete(c.ctx, deletion(r.id)); err != nil {
				t.Errorf("delete %s: %v", r.id, err)
			}
		}
		connections, err := c.client.DescribeConnections(c.ctx, &databasemigrationservice.DescribeConnectionsInput{})
		if err != nil || len(connections.Connections) > 0 {
			t.Errorf("connections are left: %v, %v", connections, err)
		}
	})
}

func TestEndpointSettingsAreReadBack(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, parquetSet+`,"CdcMaxBatchInterval":"300","EncryptionMode":"SSE_KMS","ServerSideEncryptionKmsKeyId":"key"`)
		out, err := c.client.DescribeEndpoints(c.ctx, &databasemigrationservice.DescribeEndpointsInput{})
		if err != nil {
			t.Fatal(err)
		}
		source, target := out.Endpoints[0], out.Endpoints[1]
		if *source.EngineName != "oracle" || aws.ToString(source.DatabaseName) != "SHOPPDB" ||
			*source.OracleSettings.SecretsManagerSecretId != secretID {
			t.Errorf("source: %+v", source)
		}
		got := []string{
			*target.S3Settings.BucketName, string(target.S3Settings.DataFormat), string(target.S3Settings.EncryptionMode),
			*target.S3Settings.ServerSideEncryptionKmsKeyId,
		}
		if diff := cmp.Diff(got, []string{"lake", "parquet", "sse-kms", "key"}); diff != "" ||
			*target.S3Settings.CdcMaxBatchInterval != 300 || !*target.S3Settings.ParquetTimestampInMillisecond {
			t.Errorf("target (-got +want):\n%s%+v", diff, *target.S3Settings)
		}
	})
}

// TestResourceRefusals checks that DMS refuses invalid properties and properties that it does not implement.
func TestResourceRefusals(t *testing.T) {
	oracle := func(more, settings string) string {
		return `{"EndpointType":"source","EngineName":"oracle","DatabaseName":"X"` + more +
			`,"OracleSettings":{"SecretsManagerAccessRoleArn":"r","SecretsManagerSecretId":"s"` + settings + `}}`
	}
	tests := []struct{ kind, properties, want string }{
		{"ReplicationSubnetGroup", `{"ReplicationSubnetGroupDescription":"d","SubnetIds":["subnet-1"]}`, "ReplicationSubnetGroupDoesNotCoverEnoughAZs"},
		{
			"ReplicationSubnetGroup", `{"ReplicationSubnetGroupDescription":"d","SubnetIds":["subnet-1","subnet-3"]}`,
			"Current AZ coverage: eu-west-1a. Add subnets to cover at least 2 AZs.",
		},
		{
			"ReplicationSubnetGroup", `{"ReplicationSubnetGroupDescription":"d","SubnetIds":["subnet-1","sg-1","subnet-9"]}`,
			"InvalidSubnet: Some input subnets are invalid: sg-1, subnet-9",
		},
		{"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","VpcSecurityGroupIds":["sg-1","sg-9"]}`, "Invalid security group sg-9"},
		{"ReplicationSubnetGroup", `{"Colour":"red"}`, `unknown field "Colour"`},
		{"ReplicationInstance", `{"ReplicationInstanceClass":"t3.medium"}`, "is not a class such as dms.t3.medium"},
		{"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","ReplicationSubnetGroupIdentifier":"none"}`, "ResourceNotFoundFault"},
		{"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","ResourceIdentifier":"a--b"}`, "ResourceIdentifier"},
		{"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","AllocatedStorage":1}`, "AllocatedStorage is 1"},
		{"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","EngineVersion":"3.5.3"}`, "No replication engine found with version: 3.5.3"},
		{"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","EngineVersion":"3.6"}`, `EngineVersion "3.6"`},
		{
			"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","PreferredMaintenanceWindow":"sun:04:00-sun:04:15"}`,
			"shorter than 30 minutes",
		},
		{
			"ReplicationInstance", `{"ReplicationInstanceClass":"dms.t3.medium","PreferredMaintenanceWindow":"04:00-05:00"}`,
			"not of the form ddd:hh24:mi-ddd:hh24:mi",
		},
		{"Endpoint", `{"EndpointType":"target","EngineName":"oracle"}`, "does not implement a target endpoint of engine oracle"},
		{"Endpoint", `{"EndpointType":"source","EngineName":"oracle","Username":"u"}`, `unknown field "Username"`},
		{"Endpoint", `{"EndpointType":"source","EngineName":"oracle","DatabaseName":"X","OracleSettings":{}}`, "need SecretsManagerAccessRoleArn"},
		{"Endpoint", oracle(``, `,"Colour":1`), `unknown field "Colour"`},
		{"Endpoint", oracle(`,"ExtraConnectionAttributes":"useLogminerReader=N;colour=red"`, ``), "extra connection attribute colour"},
		{"Endpoint", oracle(`,"SslMode":"require"`, ``), "SslMode require"},
		{"Endpoint", target(`"Colour":"red"`), `unknown field "Colour"`},
		{"Endpoint", target(`"DataFormat":"avro"`), `DataFormat is "avro": want one of csv, parquet`},
		{"Endpoint", target(`"EncryptionMode":"sse-kms"`), "needs ServerSideEncryptionKmsKeyId"},
		{"Endpoint", target(`"MaxFileSize":0`), "MaxFileSize is 0"},
		{"Endpoint", target(`"PreserveTransactions":true`), "PreserveTransactions and CdcPath are not implemented"},
	}
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		for _, test := range tests {
			_, err := c.dms.Resources()["AWS::DMS::"+test.kind].Create(c.ctx, request("R", test.properties))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s %s:\ngot  %v\nwant %s", test.kind, test.properties, err, test.want)
			}
		}
		if _, there := c.dms.Resources()["AWS::DMS::ReplicationTask"]; there {
			t.Error("AWS::DMS::ReplicationTask is a resource type, but tasks are created at run time")
		}
		twice := `{"ReplicationInstanceClass":"dms.t3.medium","ReplicationInstanceIdentifier":"twice"}`
		c.create("AWS::DMS::ReplicationInstance", "One", twice)
		_, err := c.dms.Resources()["AWS::DMS::ReplicationInstance"].Create(c.ctx, resource.Request{Properties: json.RawMessage(twice)})
		if err == nil || !strings.Contains(err.Error(), "ResourceAlreadyExistsFault") {
			t.Errorf("create an instance again: got %v, want ResourceAlreadyExistsFault", err)
		}
	})
}

// TestTheNetworkRoleIsMissing checks that a subnet group needs a role of the account, which no stack creates.
func TestTheNetworkRoleIsMissing(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		delete(c.roles, networkRole)
		_, err := c.dms.Resources()["AWS::DMS::ReplicationSubnetGroup"].Create(c.ctx, request("Other",
			`{"ReplicationSubnetGroupDescription":"d","SubnetIds":["subnet-1","subnet-2"]}`))
		want := "AccessDeniedFault: The IAM Role " + networkRole + " is not configured properly."
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestEncryptionCannotBecomeStronger(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		kms := target(`"EncryptionMode":"SSE_KMS","ServerSideEncryptionKmsKeyId":"key"`)
		update := c.dms.Resources()["AWS::DMS::Endpoint"].Update
		if _, err := update(c.ctx, change(c.to, "Target", kms)); err == nil || !strings.Contains(err.Error(), "from SSE_S3 to SSE_KMS") {
			t.Errorf("got %v, want a refusal", err)
		}
		other := c.create("AWS::DMS::Endpoint", "Other", kms)
		if _, err := update(c.ctx, change(other, "Other", target(""))); err != nil {
			t.Errorf("from SSE_KMS to SSE_S3: %v", err)
		}
	})
}

func TestNoTaskStartsOnAnInstanceThatIsModified(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		c.tested()
		arn := c.newTask(dmstypes.MigrationTypeValueFullLoad, rules(selects("include", "SHOP.ORDERS")), "")
		modified := make(chan error)
		go func() {
			_, err := c.dms.Resources()["AWS::DMS::ReplicationInstance"].Update(c.ctx, change(c.instance, "Instance",
				`{"ReplicationInstanceClass":"dms.c6i.large","ReplicationSubnetGroupIdentifier":"net","PubliclyAccessible":false}`))
			modified <- err
		}()
		synctest.Wait()
		want := "InvalidResourceStateFault: Replication Instance " + c.instance + " is in modifying state, not available"
		if got := code(c.start(arn, dmstypes.StartReplicationTaskTypeValueStartReplication)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if err := <-modified; err != nil {
			t.Fatal(err)
		}
		if err := c.start(arn, dmstypes.StartReplicationTaskTypeValueStartReplication); err != nil {
			t.Errorf("after the modification: %v", err)
		}
	})
}
