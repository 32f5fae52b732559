package harness

import (
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/run"
)

// Start starts an execution, lets it run for a time, and returns its ARN.
func (a *Account) Start(machine, input string, then time.Duration) string {
	a.t.Helper()
	out, err := a.Machine.StartExecution(a.t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
	if err != nil {
		a.t.Fatal(err)
	}
	time.Sleep(then)
	return aws.ToString(out.ExecutionArn)
}

// Run starts an execution and waits for its end.
func (a *Account) Run(machine, input string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	return a.Await(a.Start(machine, input, 0))
}

// Await waits for the end of an execution.
func (a *Account) Await(execution string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	if err := a.States.Wait(a.t.Context(), execution); err != nil {
		a.t.Fatal(err)
	}
	return a.Describe(execution)
}

// Describe describes an execution.
func (a *Account) Describe(execution string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	out, err := a.Machine.DescribeExecution(a.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// Stop stops an execution as a person does. It does not change an execution that has ended.
func (a *Account) Stop(execution, why string) {
	a.t.Helper()
	if _, err := a.Machine.StopExecution(a.t.Context(), &sfn.StopExecutionInput{
		ExecutionArn: &execution, Cause: &why,
	}); err != nil {
		a.t.Fatal(err)
	}
}

// Skipped reports whether an execution did nothing because another run had the lease.
func Skipped(e *sfn.DescribeExecutionOutput) bool {
	return aws.ToString(e.Error) == run.ErrorLeaseHeld || e.Status == types.ExecutionStatusSucceeded && strings.Contains(aws.ToString(e.Output), `"phase":"skipped"`)
}

// TasksOf lists the replication tasks of one job.
func (a *Account) TasksOf(stack, job string) []dmstypes.ReplicationTask {
	a.t.Helper()
	out, err := a.Tasks.DescribeReplicationTasks(a.t.Context(), &awsdms.DescribeReplicationTasksInput{})
	var none *dmstypes.ResourceNotFoundFault
	if err != nil && !errors.As(err, &none) {
		a.t.Fatal(err)
	}
	var found []dmstypes.ReplicationTask
	if out != nil {
		for _, task := range out.ReplicationTasks {
			if strings.HasPrefix(aws.ToString(task.ReplicationTaskIdentifier), stack+"-"+job+"-") {
				found = append(found, task)
			}
		}
	}
	return found
}

// RunAfterOthers is Run, repeated every minute while another run or a recovery has the job's lease.
func (a *Account) RunAfterOthers(machine, input string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	for began := time.Now(); time.Since(began) < 24*time.Hour; time.Sleep(time.Minute) {
		if e := a.Run(machine, input); !Skipped(e) {
			return e
		}
	}
	a.t.Fatalf("the runs of %s are skipped for a day: another run has the lease", input)
	return nil
}
