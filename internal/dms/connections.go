package dms

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// ConnectionDescriber lists the connection tests of a replication instance.
type ConnectionDescriber interface {
	DescribeConnections(context.Context, *awsdms.DescribeConnectionsInput, ...func(*awsdms.Options)) (*awsdms.DescribeConnectionsOutput, error)
}

// ConnectionTester tests whether a replication instance reaches an endpoint.
type ConnectionTester interface {
	ConnectionDescriber
	TestConnection(context.Context, *awsdms.TestConnectionInput, ...func(*awsdms.Options)) (*awsdms.TestConnectionOutput, error)
}

// TestConnections starts a test of every endpoint that the instance has not reached yet. DMS starts a task only after both
// of its endpoints were tested with success (API_StartReplicationTask).
func TestConnections(ctx context.Context, api ConnectionTester, instanceARN string, endpointARNs ...string) error {
	return testConnections(ctx, api, instanceARN, endpointARNs, "successful", "testing")
}

// TestConnectionsAgain starts a test of every endpoint, even if the instance has reached it before. It starts no second test
// of an endpoint that is being tested.
func TestConnectionsAgain(ctx context.Context, api ConnectionTester, instanceARN string, endpointARNs ...string) error {
	return testConnections(ctx, api, instanceARN, endpointARNs, "testing")
}

// testConnections starts a test of every endpoint, except those whose latest test has one of the statuses in skip.
func testConnections(ctx context.Context, api ConnectionTester, instanceARN string, endpointARNs []string, skip ...string) error {
	connections, err := describeConnections(ctx, api, instanceARN)
	if err != nil {
		return err
	}
	for _, endpoint := range endpointARNs {
		if slices.Contains(skip, aws.ToString(connections[endpoint].Status)) {
			continue
		}
		if _, err := TestConnection(ctx, api, instanceARN, endpoint); err != nil {
			return err
		}
	}
	return nil
}

// TestConnection starts a test of an endpoint. started is false if DMS refuses it for now, because the instance is not available or the
// endpoint is being tested.
func TestConnection(ctx context.Context, api ConnectionTester, instanceARN, endpointARN string) (started bool, err error) {
	_, err = api.TestConnection(ctx, &awsdms.TestConnectionInput{ReplicationInstanceArn: &instanceARN, EndpointArn: &endpointARN})
	if isWrongState(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("test connection of endpoint %s: %w", endpointARN, err)
	}
	return true, nil
}

// ConnectionTest is the latest test of the connection to an endpoint.
type ConnectionTest struct {
	Ended, Reached bool
	Message        string // why the endpoint was not reached, as DMS says it
}

// ConnectionTests returns the latest tests of an instance, by the ARN of the endpoint.
func ConnectionTests(ctx context.Context, api ConnectionDescriber, instanceARN string) (map[string]ConnectionTest, error) {
	connections, err := describeConnections(ctx, api, instanceARN)
	if err != nil {
		return nil, err
	}
	tests := map[string]ConnectionTest{}
	for endpoint, connection := range connections {
		status := aws.ToString(connection.Status)
		tests[endpoint] = ConnectionTest{
			Ended: status == "successful" || status == "failed", Reached: status == "successful",
			Message: aws.ToString(connection.LastFailureMessage),
		}
	}
	return tests, nil
}

// ConnectionError says that the replication instance cannot reach an endpoint.
type ConnectionError struct {
	Endpoint string // identifier of the endpoint
	Message  string // the failure message of DMS
}

func (e *ConnectionError) Error() string {
	return fmt.Sprintf("the replication instance cannot reach endpoint %s: %s; "+
		"check the secret, the security groups and the access role, then run the job again", e.Endpoint, e.Message)
}

// Connections is the state of the connection tests of a run's endpoints.
type Connections int

// The states of the connection tests, the least advanced first.
const (
	Untested  Connections = iota // at least one endpoint has no test: call TestConnections
	Testing                      // every endpoint has a test, and at least one test is running: wait
	Connected                    // the instance has reached all endpoints
)

// CheckConnections says whether the instance has reached all the endpoints. It returns a *ConnectionError if a test failed.
func CheckConnections(ctx context.Context, api ConnectionDescriber, instanceARN string, endpointARNs ...string) (Connections, error) {
	connections, err := describeConnections(ctx, api, instanceARN)
	if err != nil {
		return Untested, err
	}
	all := Connected
	for _, endpoint := range endpointARNs {
		connection := connections[endpoint]
		switch aws.ToString(connection.Status) {
		case "successful":
		case "failed":
			return Untested, &ConnectionError{
				Endpoint: aws.ToString(connection.EndpointIdentifier), Message: Brief(aws.ToString(connection.LastFailureMessage)),
			}
		case "testing":
			all = min(all, Testing)
		default:
			all = Untested
		}
	}
	return all, nil
}

// describeConnections returns the connection tests of an instance, by the ARN of the endpoint.
func describeConnections(ctx context.Context, api ConnectionDescriber, instanceARN string) (map[string]types.Connection, error) {
	byEndpoint := map[string]types.Connection{}
	pages := awsdms.NewDescribeConnectionsPaginator(api, &awsdms.DescribeConnectionsInput{
		Filters: []types.Filter{{Name: aws.String("replication-instance-arn"), Values: []string{instanceARN}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isNotFound(err) {
			break // DMS has tested no connection of this instance yet.
		}
		if err != nil {
			return nil, fmt.Errorf("describe connections: %w", err)
		}
		for _, connection := range page.Connections {
			byEndpoint[aws.ToString(connection.EndpointArn)] = connection
		}
	}
	return byEndpoint, nil
}
