// Package dms is the Database Migration Service of the embedded AWS. Its replication tasks copy real rows from the tables
// of package oracledb into Parquet or CSV files in S3. Table mappings select and transform the rows. Statuses, delays,
// statistics and errors are those of AWS.
//
// A full-load task ends by itself. A full-load-and-cdc task first loads its tables. Then it captures changes like a cdc
// task: it reads the redo log of the source until it is stopped, writes the changes into files named by time, and stores
// a recovery checkpoint.
//
// The documentation of AWS leaves these points open. AWS may behave differently:
//   - Clearing a table's folder before a load also deletes its files of changes.
//   - A full-load-and-cdc task that is resumed with more tables loads only the new tables.
//   - The first load of a table drops captured changes that the load contains. Changes that were captured before
//     ReloadTables and are not written yet are written after the load.
//   - Counters of changes go on over a resume. Options.CountersRestart has the other answer.
//   - DDL on partitions counts as Ddls. Options.SilentPartitionDDL has the other answer.
//   - A suspended table of a cdc task is captured again after a resume. The changes in between are lost.
//   - A filter applies to the row after an update.
//   - The first start of a cdc task deletes nothing, or deletes the files in the folders of its tables: see Clearing.
//   - A table that a resume adds gets the filters and transformations of the new mappings; see keepTransformations.
//   - A task fails if it resumes after its source changed between LogMiner and Binary Reader.
//   - The number in AR_H_CHANGE_SEQ is the SCN, and each change has a different number.
//
// Messages of AWS that no public source shows follow the style of the known messages.
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

// Roles returns the credentials of a role that DMS assumes. It fails when the role does not exist.
type Roles interface {
	Credentials(roleARN, session string) (aws.Credentials, error)
}

// Sources are the databases that DMS can reach. *oracledb.Registry is one.
type Sources interface {
	Connect(ctx context.Context, o oracledb.Oracle) (*oracledb.Database, error)
}

// Delays are the durations of the operations of DMS, on the clock.
type Delays struct {
	InstanceCreate, InstanceModify, InstanceDelete time.Duration
	EndpointCreate, EndpointDelete                 time.Duration
	ConnectionTest                                 time.Duration
	TaskCreate, TaskModify, TaskDelete             time.Duration
	TaskStart, TaskStop                            time.Duration
	// Tagging is the time until ListTagsForResource returns the tags that CreateReplicationTask or AddTagsToResource has given
	// a task. AWS does not document one for DMS. Those of DynamoDB have one since August 2024 (terraform-provider-aws, pull
	// request 39326).
	Tagging time.Duration
	// TaskFinish is the time between the last loaded table and the end of the task.
	TaskFinish time.Duration
}

// AWSDelays returns delays that are close to those of AWS.
func AWSDelays() Delays {
	return Delays{
		InstanceCreate: 6 * time.Minute, InstanceModify: 3 * time.Minute, InstanceDelete: 4 * time.Minute,
		EndpointCreate: 5 * time.Second, EndpointDelete: 5 * time.Second,
		ConnectionTest: 30 * time.Second,
		TaskCreate:     3 * time.Minute, TaskModify: 30 * time.Second, TaskDelete: 3 * time.Minute,
		TaskStart: time.Minute, TaskStop: 45 * time.Second, TaskFinish: 10 * time.Second,
		Tagging: 25 * time.Second,
	}
}

// Options are the optional parameters of New.
type Options struct {
	// Delays are the delays; nil means AWSDelays.
	Delays *Delays
	// Log receives each line of a task log, with its group and stream in CloudWatch Logs. DMS only writes there with the
	// role dms-cloudwatch-logs-role. The service holds its lock during the call, so Log must not call the service. Nil
	// discards the lines.
	Log func(group, stream, line string)
	// Faults decides what goes wrong; nil means NoFaults.
	Faults Faults
	// CountersRestart makes the counters of changes in the table statistics start again at 0 when a task is resumed.
	CountersRestart bool
	// SilentPartitionDDL makes the table statistics count no DDL on partitions.
	SilentPartitionDDL bool
	// Unknowns has answers that AWS's documentation leaves open.
	Unknowns Unknowns
	// Observe receives the events of the service in their order. The service holds its lock during the call, so Observe
	// must not call the service. It may be nil.
	Observe func(Event)
	// Clearing is what the first start of a task does with older files.
	Clearing Clearing
	// Bandwidth limits how fast tables are loaded; nil does not.
	Bandwidth *Bandwidth
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

	countersRestart, silentPartitionDDL bool
	clearing                            Clearing
	bandwidth                           *Bandwidth // nil for no limit
	calls                               *tokens

	unknowns Unknowns

	ctx   context.Context // ends with Close
	close context.CancelFunc
	work  sync.WaitGroup

	mu           sync.Mutex // guards the fields below and all their content
	closed       bool
	behind       time.Duration // see FallBehind
	sequence     int
	instances    map[string]*instance    // by ARN
	lost         map[string]*instance    // instances that LoseInstance made unavailable, by ARN
	endpoints    map[string]*endpoint    // by ARN
	subnetGroups map[string]*subnetGroup // by name
	certificates map[string]*certificate // by ARN
	tasks        map[string]*task        // by ARN
	connections  map[connectionKey]*connection
	stamps       map[string]time.Time // time in the name of the last file of changes, by folder
	links        map[string]*link     // by ARN of the instance
	events       []instanceEvent      // in their order
}

// Network has the subnets and security groups of replication instances. *ec2.Service is one.
type Network interface {
	Subnet(id string) (ec2.Subnet, bool)
	SecurityGroup(id string) (vpc string, ok bool)
}

// New returns a DMS without resources. config returns the configuration of SDK clients that use the given credentials.
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
		delays: delays, log: log, faults: faults, observe: opts.Observe, clearing: opts.Clearing,
		countersRestart: opts.CountersRestart, silentPartitionDDL: opts.SilentPartitionDDL,
		bandwidth: opts.Bandwidth, links: map[string]*link{}, calls: newTokens(clk), ctx: ctx, close: cancel, unknowns: opts.Unknowns,
		instances: map[string]*instance{}, lost: map[string]*instance{}, endpoints: map[string]*endpoint{},
		subnetGroups: map[string]*subnetGroup{}, certificates: map[string]*certificate{}, tasks: map[string]*task{}, connections: map[connectionKey]*connection{},
		stamps: map[string]time.Time{},
	}
}

// Close ends all work and returns when it has ended. Tasks keep their status.
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

// begin runs f concurrently. Close waits for f. The caller holds the lock.
func (s *Service) begin(f func()) {
	if s.closed {
		return
	}
	s.work.Go(f)
}

// later calls f after a delay on the clock, with the lock held. The caller holds the lock.
func (s *Service) later(d time.Duration, f func()) {
	s.begin(func() {
		if s.clock.Sleep(s.ctx, d) != nil {
			return // the service is closed
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// next returns the next number of a resource, in the order of creation. The caller holds the lock.
func (s *Service) next() int {
	s.sequence++
	return s.sequence
}

// Handler returns the API of DMS. It allows as many calls per second as AWS.
func (s *Service) Handler() http.Handler {
	operations := map[string]gateway.Operation{
		"AddTagsToResource":               gateway.Op(s.addTags),
		"CreateReplicationTask":           gateway.Op(s.createTask),
		"DeleteReplicationTask":           gateway.Op(s.deleteTask),
		"DescribeCertificates":            gateway.Op(s.describeCertificates),
		"DescribeConnections":             gateway.Op(s.describeConnections),
		"DescribeEndpoints":               gateway.Op(s.describeEndpoints),
		"DescribeEvents":                  gateway.Op(s.describeEvents),
		"DescribeReplicationInstances":    gateway.Op(s.describeInstances),
		"DescribeReplicationSubnetGroups": gateway.Op(s.describeSubnetGroups),
		"DescribeReplicationTasks":        gateway.Op(s.describeTasks),
		"DescribeTableStatistics":         gateway.Op(s.describeTableStatistics),
		"ImportCertificate":               gateway.Op(s.importCertificate),
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
