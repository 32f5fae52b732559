// Package scenarios_test runs the synthesized template, the real state machine and the real functions in one process.
// Time is virtual: a run that takes a night on AWS takes a moment here.
package scenarios_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

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
	t       *testing.T
	network *network
	faults  *faults
}

// faults are the faults of DMS. A test changes them with set, while tasks run.
type faults struct {
	localdms.NoFaults
	mu   sync.Mutex
	hang bool   // full loads never end
	fail string // the message with which every start fails; empty for none
	// tables makes the load of every table end in error.
	tables bool
	takes  time.Duration // how much longer the load of a table takes
	odd    localdms.Odd
	// broken is how many task creations still fail; undeleted is how many deletions still fail.
	broken, undeleted int
}

func (f *faults) set(change func(*faults)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *faults) Run(task localdms.Task) localdms.RunFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return localdms.RunFault{Hang: f.hang && task.MigrationType == "full-load", Fail: f.fail, Odd: f.odd}
}

func (f *faults) Table(localdms.Task, string, string) localdms.TableFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tables {
		return localdms.TableFault{Kind: localdms.TableErrors}
	}
	return localdms.TableFault{Takes: f.takes}
}

func (f *faults) Create(localdms.Task) localdms.CreateFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken--; f.broken >= 0 {
		return localdms.CreateFault{Fail: "the instance has no room"}
	}
	return localdms.CreateFault{}
}

func (f *faults) Delete(localdms.Task) localdms.DeleteFault {
	f.mu.Lock()
	defer f.mu.Unlock()
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
	a := &testAccount{t: t, faults: &faults{}, network: &network{}}
	o.DMS.Faults = a.faults
	o.Between = a.network.between
	a.Account = harness.Open(t, db, o)
	return a
}

// network lies between the functions and AWS. A test changes it while functions run.
type network struct {
	mu          sync.Mutex
	unreachable string
	falsify     func(*http.Request, *http.Response)
}

// cut makes a service unreachable for the functions, by its signing name; "" makes all services reachable.
func (n *network) cut(service string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.unreachable = service
}

// change lets falsify change what AWS answers to the functions.
func (n *network) change(falsify func(*http.Request, *http.Response)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.falsify = falsify
}

func (n *network) between(next http.RoundTripper) http.RoundTripper { return transport{n, next} }

// transport is a function's way to AWS through the network.
type transport struct {
	network *network
	next    http.RoundTripper
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.network.mu.Lock()
	unreachable, falsify := t.network.unreachable, t.network.falsify
	t.network.mu.Unlock()
	if unreachable != "" && strings.Contains(r.Header.Get("Authorization"), "/"+unreachable+"/aws4_request") {
		return nil, &unreachableError{unreachable}
	}
	answer, err := t.next.RoundTrip(r)
	if err == nil && falsify != nil {
		falsify(r, answer)
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
