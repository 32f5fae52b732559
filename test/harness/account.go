// Package harness is an AWS account in this process with departments deployed in it: the synthesized templates, the
// real state machine and the real functions, for tests that live through days in moments. Everything is to be used
// inside of a testing/synctest bubble.
package harness

import (
	"net/http"
	"testing"

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
	"github.com/oralake/oralake/test/oracledb"
)

// Options are what an account may have besides a database. The zero Options are an account where nothing goes wrong.
type Options struct {
	// Region is eu-central-1 when empty. Accounts that are open at the same time need regions of their own: a clean-up
	// answers CloudFormation through a client that the whole process shares, and is told apart by the region.
	Region string
	// DMS are the delays, faults and observer of DMS.
	DMS localdms.Options
	// FunctionFaults disturbs invocations, Disturb disturbs API calls.
	FunctionFaults local.Faults
	Disturb        func(gateway.Call) gateway.Disturbance
	// Between wraps the network between the functions and AWS; nil leaves it as it is.
	Between func(http.RoundTripper) http.RoundTripper
	// Jitter, a number in [0, 1), is how much of the longest delay the SDK of the functions and the state machine wait
	// before they try again; nil leaves that to chance.
	Jitter *float64
	// Planning says which tables the check takes for large.
	Planning checkservice.Planning
	// Steps replaces how functions of the state machine are made; nil leaves them as they are.
	Steps Steps
}

// Account is an AWS account with departments in it.
type Account struct {
	*cloud.Cloud
	t       testing.TB
	options Options
	sources *oracledb.Registry

	Stacks  *cloudformation.Client
	Machine *sfn.Client    // Step Functions
	Tasks   *awsdms.Client // DMS
	Records *dynamodb.Client
	Objects *s3.Client
}

// ID is the number of every account.
const ID = "111122223333"

// Oracle is how the account's database is reached, and what its secret says.
var Oracle = oracledb.Oracle{Host: "db.example.internal", Port: 1521, Service: "ORCLPDB1", Username: "DMS", Password: "p"}

// Open opens an account whose Oracle database is db, and closes it with the test.
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
	a.IAM.EnsureRole("dms-vpc-role") // what `-c account=true` makes once in an account
	if o.Jitter != nil {
		a.States.Jitter(func() float64 { return *o.Jitter })
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close account: %v", err)
		}
	})
	cfg := a.Admin()
	answerThrough(o.Region, cfg.HTTPClient.(*http.Client).Transport)
	a.Stacks, a.Machine, a.Tasks = cloudformation.NewFromConfig(cfg), sfn.NewFromConfig(cfg), awsdms.NewFromConfig(cfg)
	a.Records, a.Objects = dynamodb.NewFromConfig(cfg), s3.NewFromConfig(cfg)
	return a
}
