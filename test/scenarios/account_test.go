// Package scenarios_test runs the synthesized template, the real state machine and the real functions in one process.
// Time is virtual: a run that takes a night on AWS takes a moment here.
package scenarios_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// testAccount is an AWS account with departments in it.
type testAccount struct {
	*harness.Account
	t *testing.T
	// unreachable names a service that the functions cannot reach, by its signing name.
	unreachable string
	// falsify changes the responses of AWS to the functions; nil changes none.
	falsify func(*http.Request, *http.Response)
	faults  *faults
}

// faults are the faults of DMS.
type faults struct {
	localdms.NoFaults
	hang bool // full loads never end
	odd  localdms.Odd
	// broken is how many task creations still fail; undeleted is how many deletions still fail.
	broken, undeleted int
}

func (f *faults) Run(task localdms.Task) localdms.RunFault {
	return localdms.RunFault{Hang: f.hang && task.MigrationType == "full-load", Odd: f.odd}
}

func (f *faults) Create(localdms.Task) localdms.CreateFault {
	if f.broken--; f.broken >= 0 {
		return localdms.CreateFault{Fail: "the instance has no room"}
	}
	return localdms.CreateFault{}
}

func (f *faults) Delete(localdms.Task) localdms.DeleteFault {
	if f.undeleted--; f.undeleted >= 0 {
		return localdms.DeleteFault{Fail: "the task could not be deleted", Status: "stopped"}
	}
	return localdms.DeleteFault{}
}

// openAccount opens an account whose Oracle database is db. Call it in a synctest bubble.
func openAccount(t *testing.T, db *oracledb.Database) *testAccount {
	t.Helper()
	return openWith(t, db, harness.Options{})
}

// openWith is openAccount with options. It overwrites DMS.Faults and Between.
func openWith(t *testing.T, db *oracledb.Database, o harness.Options) *testAccount {
	t.Helper()
	a := &testAccount{t: t, faults: &faults{}}
	o.DMS.Faults = a.faults
	o.Between = func(next http.RoundTripper) http.RoundTripper { return network{a, next} }
	a.Account = harness.Open(t, db, o)
	return a
}

// network is the transport between the functions and AWS.
type network struct {
	account *testAccount
	next    http.RoundTripper
}

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	if n.account.unreachable != "" && strings.Contains(r.Header.Get("Authorization"), "/"+n.account.unreachable+"/aws4_request") {
		return nil, &unreachableError{n.account.unreachable}
	}
	answer, err := n.next.RoundTrip(r)
	if err == nil && n.account.falsify != nil {
		n.account.falsify(r, answer)
	}
	return answer, err
}

// unreachableError is the error of a dialer when no server answers.
type unreachableError struct{ service string }

func (e *unreachableError) Error() string {
	return "dial tcp: lookup " + e.service + ".eu-central-1.amazonaws.com: i/o timeout"
}

func (e *unreachableError) Timeout() bool { return true }

func (e *unreachableError) Temporary() bool { return true }

// putManifest writes a department's manifest to the key from which its functions read it.
func (a *testAccount) putManifest(d *department.Department) {
	a.t.Helper()
	template, err := harness.Template(d.Name)
	if err != nil {
		a.t.Fatal(err)
	}
	a.PutManifest(d, template)
}

func (a *testAccount) stop(execution string) {
	a.t.Helper()
	a.Stop(execution, "the database team asked for it")
}

func (a *testAccount) want(e *sfn.DescribeExecutionOutput, status sfntypes.ExecutionStatus) {
	a.t.Helper()
	if e.Status != status {
		a.t.Fatalf("execution is %s, want %s: %s: %s", e.Status, status, aws.ToString(e.Error), aws.ToString(e.Cause))
	}
}

var departments = filepath.Join(harness.Root(), "departments")
