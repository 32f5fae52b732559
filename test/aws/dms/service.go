// Package dms is the Database Migration Service of the embedded AWS. Its replication tasks move real rows: from the
// tables of package source, chosen and changed by real table mappings, into Parquet or CSV files in S3, with the
// statuses, delays, statistics and errors of AWS.
//
// A full-load task ends by itself. A task that captures changes loads first if its type says so, and then follows the
// redo log of its source until it is stopped: it writes what was changed, in files named by the time, and remembers how
// far it came.
//
// What AWS's documentation leaves open is as follows here, and may differ on AWS: clearing a table's folder before a load
// deletes its files of changes, too; a task of type full-load-and-cdc that is resumed with more tables loads those and
// keeps the others; a table's load drops the changes that it has itself, while what was captured before ReloadTables and
// is not written yet is written after it; a suspended table of a cdc task is followed again after a resume, with a gap; an
// update is filtered by the row as it became; the number in AR_H_CHANGE_SEQ is the SCN, and each change has one of its own.
//
// Messages of AWS that no public source shows are worded here after those that are known.
package dms

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/ec2"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/oracledb"
)

// Roles gives DMS the credentials of a role that it may assume; it fails if there is no such role.
type Roles interface {
	Credentials(roleARN, session string) (aws.Credentials, error)
}

// Sources are the databases that DMS can reach. *oracledb.Registry is one.
type Sources interface {
	Connect(ctx context.Context, o oracledb.Oracle) (*oracledb.Database, error)
}

// Delays are how long DMS takes for what it does, on the clock.
type Delays struct {
	InstanceCreate, InstanceModify, InstanceDelete time.Duration
	EndpointCreate, EndpointDelete                 time.Duration
	ConnectionTest                                 time.Duration
	TaskCreate, TaskModify, TaskDelete             time.Duration
	TaskStart, TaskStop                            time.Duration
	// TaskFinish is how long a task still runs when its last table is loaded.
	TaskFinish time.Duration
}

// AWSDelays are about what AWS takes.
func AWSDelays() Delays {
	return Delays{
		InstanceCreate: 6 * time.Minute, InstanceModify: 3 * time.Minute, InstanceDelete: 4 * time.Minute,
		EndpointCreate: 5 * time.Second, EndpointDelete: 5 * time.Second,
		ConnectionTest: 30 * time.Second,
		TaskCreate:     3 * time.Minute, TaskModify: 30 * time.Second, TaskDelete: 3 * time.Minute,
		TaskStart: time.Minute, TaskStop: 45 * time.Second, TaskFinish: 10 * time.Second,
	}
}

// Options are what a Service can be told besides what it needs.
type Options struct {
	// Delays are AWSDelays when nil.
	Delays *Delays
	// Log takes a line that DMS writes to the log of a task: its group and stream in CloudWatch Logs, where DMS writes only
	// with its role dms-cloudwatch-logs-role. It is called while the service is locked and must not call it. Nil discards
	// the lines.
	Log func(group, stream, line string)
	// Faults has things go wrong; nil is NoFaults.
	Faults Faults
	// Observe is told what really happens, in the order in which it does and while the service is locked: it must not call
	// the service. It may be nil.
	Observe func(Event)
}

// Service is DMS in one account and region. Its state is in memory, and it is safe for concurrent use.
type Service struct {
	account account.Account
	clock   clock.Clock
	roles   Roles
	config  func(aws.CredentialsProvider) aws.Config
	sources Sources
	network Network
	delays  Delays
	log     func(group, stream, line string)
	faults  Faults
	observe func(Event) // may be nil
	calls   *tokens

	ctx   context.Context // ends with Close
	close context.CancelFunc
	work  sync.WaitGroup

	mu           sync.Mutex // guards what follows and all that it holds
	closed       bool
	sequence     int
	instances    map[string]*instance    // by ARN
	lost         map[string]*instance    // those that went away, by ARN
	endpoints    map[string]*endpoint    // by ARN
	subnetGroups map[string]*subnetGroup // by name
	tasks        map[string]*task        // by ARN
	connections  map[connectionKey]*connection
	stamps       map[string]time.Time // of the last file of changes, by folder
}

// Network is where replication instances are put. *ec2.Service is one.
type Network interface {
	Subnet(id string) (ec2.Subnet, bool)
	SecurityGroup(id string) (vpc string, ok bool)
}

// New makes a DMS without resources. config gives the configuration of SDK clients that act as a role.
func New(
	acct account.Account, clk clock.Clock, roles Roles, config func(aws.CredentialsProvider) aws.Config, sources Sources,
	network Network, opts Options,
) *Service {
	delays := AWSDelays()
	if opts.Delays != nil {
		delays = *opts.Delays
	}
	log := opts.Log
	if log == nil {
		log = func(string, string, string) {}
	}
	faults := opts.Faults
	if faults == nil {
		faults = NoFaults{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		account: acct, clock: clk, roles: roles, config: config, sources: sources, network: network,
		delays: delays, log: log, faults: faults, observe: opts.Observe,
		calls: newTokens(clk), ctx: ctx, close: cancel,
		instances: map[string]*instance{}, lost: map[string]*instance{}, endpoints: map[string]*endpoint{},
		subnetGroups: map[string]*subnetGroup{}, tasks: map[string]*task{}, connections: map[connectionKey]*connection{},
		stamps: map[string]time.Time{},
	}
}

// Close ends everything that is going on and returns when it has ended. Tasks keep the status that they had.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.close()
	s.work.Wait()
}

// Tasks is the number of replication tasks that exist, in any status.
func (s *Service) Tasks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.tasks)
}

// Running is the number of replication tasks that are starting, running or stopping.
func (s *Service) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.tasks {
		if t.active() {
			n++
		}
	}
	return n
}

// begin runs f beside the caller until Close. The caller holds the lock.
func (s *Service) begin(f func()) {
	if s.closed {
		return
	}
	s.work.Go(f)
}

// later does f, with the lock held, after a delay on the clock. The caller holds the lock.
func (s *Service) later(d time.Duration, f func()) {
	s.begin(func() {
		if s.clock.Sleep(s.ctx, d) != nil {
			return // closed
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// next numbers resources in the order of their creation. The caller holds the lock.
func (s *Service) next() int {
	s.sequence++
	return s.sequence
}

// Handler answers the API of DMS, at no more calls a second than AWS.
func (s *Service) Handler() http.Handler {
	operations := map[string]gateway.Operation{
		"AddTagsToResource":               gateway.Op(s.addTags),
		"CreateReplicationTask":           gateway.Op(s.createTask),
		"DeleteReplicationTask":           gateway.Op(s.deleteTask),
		"DescribeConnections":             gateway.Op(s.describeConnections),
		"DescribeEndpoints":               gateway.Op(s.describeEndpoints),
		"DescribeReplicationInstances":    gateway.Op(s.describeInstances),
		"DescribeReplicationSubnetGroups": gateway.Op(s.describeSubnetGroups),
		"DescribeReplicationTasks":        gateway.Op(s.describeTasks),
		"DescribeTableStatistics":         gateway.Op(s.describeTableStatistics),
		"ListTagsForResource":             gateway.Op(s.listTags),
		"ModifyReplicationTask":           gateway.Op(s.modifyTask),
		"ReloadTables":                    gateway.Op(s.reloadTables),
		"StartReplicationTask":            gateway.Op(s.startTask),
		"StopReplicationTask":             gateway.Op(s.stopTask),
		"TestConnection":                  gateway.Op(s.testConnection),
	}
	for name, operation := range operations {
		operations[name] = func(ctx context.Context, body []byte) (any, error) {
			if !s.calls.take() {
				return nil, gateway.Errorf("ThrottlingException", "Rate exceeded")
			}
			return operation(ctx, body)
		}
	}
	return gateway.JSON("dms", operations)
}
