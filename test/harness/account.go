// Package harness runs an AWS account with departments in this process: the synthesized templates, the real state machine
// and the real functions. Time is virtual, so a test runs days in moments. Call everything in a testing/synctest bubble.
package harness

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloud"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	local "github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
	"github.com/oralake/oralake/test/oracledb"
)

// Options configure an account. With the zero Options, nothing fails.
type Options struct {
	// Region is eu-central-1 when empty. Accounts that are open at the same time need different regions: all custom
	// resources of the process answer CloudFormation through one client, which finds the account by its region.
	Region string
	// DMS has the delays, faults and observer of DMS.
	DMS localdms.Options
	// FunctionFaults makes invocations fail. Disturb makes API calls fail.
	FunctionFaults local.Faults
	Disturb        func(gateway.Call) gateway.Disturbance
	// Between wraps the HTTP transport between the functions and AWS; nil does not wrap it.
	Between func(http.RoundTripper) http.RoundTripper
	// Jitter, in [0, 1), is the part of the longest retry delay that the functions' SDK and the state machine wait; with
	// nil the part is random.
	Jitter *float64
	// DataLimitIsFinal makes no Catch of States.ALL match a function's result over 256 KiB: see asl.Matching.
	DataLimitIsFinal bool
	// Planning says which tables the check splits into segments.
	Planning checkservice.Planning
	// Steps creates the functions of the state machine; nil means RealSteps.
	Steps Steps
	// Functions creates functions of other stacks than departments', by the beginning of their logical IDs.
	Functions map[string]func(aws.Config) local.InvokeFunc
}

// Account is an AWS account with departments in it.
type Account struct {
	*cloud.Cloud
	t       testing.TB
	options Options
	sources *oracledb.Registry
	access  *accesses

	Stacks  *cloudformation.Client
	Machine *sfn.Client    // Step Functions
	Tasks   *awsdms.Client // DMS
	Records *dynamodb.Client
	Objects *s3.Client
}

// ID is the account ID of every account.
const ID = "111122223333"

// Oracle is the address and the login of the account's database. The database secret has the same values.
var Oracle = oracledb.Oracle{Host: "db.example.internal", Port: 1521, Service: "ORCLPDB1", Username: "DMS", Password: "p"}

// Open opens an account whose Oracle database is db. The account closes when the test ends.
func Open(t testing.TB, db *oracledb.Database, o Options) *Account {
	t.Helper()
	if o.Region == "" {
		o.Region = "eu-central-1"
	}
	registry := &oracledb.Registry{}
	registry.Add(Oracle, db)
	a := &Account{t: t, options: o, sources: registry}
	var err error
	a.Cloud, err = cloud.New(cloud.Options{
		Account: account.Account{ID: ID, Region: o.Region}, Sources: registry, InProcess: a.function,
		DMS: o.DMS, FunctionFaults: o.FunctionFaults, Disturb: o.Disturb,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.access = observeAccess(a.Gateway)
	a.IAM.EnsureRole("dms-vpc-role") // the stack of `-c account=true` creates this role, once in an account
	a.States.Match(asl.Matching{DataLimitIsFinal: o.DataLimitIsFinal})
	if o.Jitter != nil {
		a.States.Jitter(func() float64 { return *o.Jitter })
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close account: %v", err)
		}
		a.access.report(t)
	})
	cfg := a.Admin()
	answerThrough(o.Region, cfg.HTTPClient.(*http.Client).Transport)
	a.Stacks, a.Machine, a.Tasks = cloudformation.NewFromConfig(cfg), sfn.NewFromConfig(cfg), awsdms.NewFromConfig(cfg)
	a.Records, a.Objects = dynamodb.NewFromConfig(cfg), s3.NewFromConfig(cfg)
	return a
}
