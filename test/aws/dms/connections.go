package dms

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// connectionKey identifies the connection between an instance and an endpoint.
type connectionKey struct{ instance, endpoint string } // ARNs

// connection is the result of the last connection test.
type connection struct {
	sequence int
	status   string // testing, successful, failed
	failure  string
}

const (
	connectionTesting    = "testing"
	connectionSuccessful = "successful"
	connectionFailed     = "failed"
)

type connectionAnswer struct {
	EndpointArn                   string
	EndpointIdentifier            string
	LastFailureMessage            string `json:",omitempty"`
	ReplicationInstanceArn        string
	ReplicationInstanceIdentifier string
	Status                        string
}

func (s *Service) testConnection(_ context.Context, in struct {
	EndpointArn            string
	ReplicationInstanceArn string
},
) (struct{ Connection connectionAnswer }, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out struct{ Connection connectionAnswer }
	i, e := s.instances[in.ReplicationInstanceArn], s.endpoints[in.EndpointArn]
	switch {
	case i == nil:
		return out, notFound("Replication Instance %s not found", in.ReplicationInstanceArn)
	case e == nil:
		return out, notFound("Endpoint %s not found", in.EndpointArn)
	case i.status != "available":
		return out, invalidState("Replication Instance %s is in %s state, not available", i.arn, i.status)
	}
	key := connectionKey{i.arn, e.arn}
	if c := s.connections[key]; c != nil && c.status == connectionTesting {
		return out, invalidState("Connection between replication instance %s and endpoint %s is already being tested",
			i.arn, e.arn)
	}
	s.test(key)
	out.Connection = s.connectionAnswer(key, s.connections[key])
	return out, nil
}

// test starts a connection test. The result is known after a delay. The caller holds the lock.
func (s *Service) test(key connectionKey) {
	c := s.connections[key]
	if c == nil {
		c = &connection{sequence: s.next()}
		s.connections[key] = c
	}
	c.status, c.failure = connectionTesting, ""
	e := s.endpoints[key.endpoint]
	s.begin(func() {
		if s.clock.Sleep(s.ctx, s.delays.ConnectionTest) != nil {
			return // the service is closed
		}
		s.mu.Lock()
		tested := *e
		s.mu.Unlock()
		err := s.reach(s.ctx, &tested)
		s.mu.Lock()
		defer s.mu.Unlock()
		c.status = connectionSuccessful
		if err != nil {
			c.status = connectionFailed
			c.failure = fmt.Sprintf("Test Endpoint failed: Application-Status: 1020912, Application-Message: Failed to "+
				"connect to endpoint %s. , Application-Detailed-Message: %v", tested.EndpointIdentifier, err)
		}
	})
}

// reach connects to the database or the bucket of an endpoint.
func (s *Service) reach(ctx context.Context, e *endpoint) error {
	if e.oracle != nil {
		_, err := s.connect(ctx, e)
		return err
	}
	b, err := s.bucket(e)
	if err != nil {
		return err
	}
	return b.Check(ctx)
}

// secret is the content of the secret of a source.
type secret struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Host     string `json:"host"`
	Port     port   `json:"port"`
}

// port is a port number. A secret may store it as a string.
type port int

func (p *port) UnmarshalJSON(b []byte) error {
	text := string(b)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("port %s: want a number", b)
	}
	*p = port(n)
	return nil
}

// connect logs in to an Oracle source with the secret of the endpoint. It reads the secret with the role of the endpoint.
func (s *Service) connect(ctx context.Context, e *endpoint) (*oracledb.Database, error) {
	config, err := s.assumeRole(e.oracle.SecretsManagerAccessRoleArn)
	if err != nil {
		return nil, err
	}
	id := e.oracle.SecretsManagerSecretId
	out, err := secretsmanager.NewFromConfig(config).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return nil, fmt.Errorf("unable to retrieve secret %s: %w", id, err)
	}
	var login secret
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &login); err != nil {
		return nil, fmt.Errorf("secret %s is not {username, password, host, port}: %w", id, err)
	}
	return s.sources.Connect(ctx, oracledb.Oracle{
		Host: login.Host, Port: int(login.Port), Service: e.DatabaseName,
		Username: login.Username, Password: login.Password,
	})
}

// bucket returns the bucket of an S3 target. Its requests use the role of the endpoint.
func (s *Service) bucket(e *endpoint) (*target.Bucket, error) {
	config, err := s.assumeRole(e.s3.ServiceAccessRoleArn)
	if err != nil {
		return nil, err
	}
	return target.NewBucket(config, *e.s3), nil
}

// session is the session name with which DMS assumes a role.
const session = "dms-session"

// assumeRole returns the SDK configuration of clients that act as a role.
func (s *Service) assumeRole(role string) (aws.Config, error) {
	if _, err := s.roles.Credentials(role, session); err != nil {
		return aws.Config{}, fmt.Errorf("unable to assume role %s: %w", role, err)
	}
	return s.config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return s.roles.Credentials(role, session)
	})), nil
}

// connectionAnswer returns a connection in the form of the API. The caller holds the lock.
func (s *Service) connectionAnswer(key connectionKey, c *connection) connectionAnswer {
	a := connectionAnswer{
		EndpointArn: key.endpoint, ReplicationInstanceArn: key.instance, Status: c.status, LastFailureMessage: c.failure,
	}
	if e := s.endpoints[key.endpoint]; e != nil {
		a.EndpointIdentifier = e.EndpointIdentifier
	}
	if i := s.instances[key.instance]; i != nil {
		a.ReplicationInstanceIdentifier = i.ReplicationInstanceIdentifier
	}
	return a
}

type connectionsAnswer struct {
	Marker      string `json:",omitempty"`
	Connections []connectionAnswer
}

func (s *Service) describeConnections(_ context.Context, in page) (connectionsAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []listed[connectionAnswer]
	for key, c := range s.connections {
		all = append(all, listed[connectionAnswer]{s.connectionAnswer(key, c), c.sequence, map[string][]string{
			"endpoint-arn": {key.endpoint}, "replication-instance-arn": {key.instance},
		}})
	}
	items, marker, err := list("connections", all, in, 100, "endpoint-arn", "replication-instance-arn")
	return connectionsAnswer{marker, items}, err
}
