package cost

import (
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/wording"
)

// How long DMS takes with the tasks of a full load, if no record says it.
const (
	assumedCreate = 3 * time.Minute
	assumedStart  = time.Minute
	assumedDelete = 3 * time.Minute
)

// What a call and a transition come to. The sizes of logs are those of runs on the embedded AWS, rounded up. The times are a guess at
// Lambda: most of a call is waiting for AWS.
const (
	callSeconds  = 0.5 // of a function that a run calls
	checkSeconds = 30  // of the check function

	kilobytesOfTransition = 10 // the log of the state machine has all events, with their data
	kilobytesOfCall       = 1
)

// What a full load asks of S3, besides writing its files.
const (
	smallestPart = 5e6 // bytes of a part of a file, but the last (S3, "Multipart upload limits")

	putsOfTable, putsOfRun             = 2, 6 // folders that are listed, and documents that are written
	getsOfFile, getsOfTable, getsOfRun = 2, 2, 8
)

// assumptions says what the estimate takes for granted.
func (in Input) assumptions() []string {
	all := []string{
		fmt.Sprintf("a call of a function takes %s s with %d MB on x86-64, and one of the check function %d s with %d MB",
			wording.Plain(callSeconds), contract.FunctionMemoryMB, checkSeconds, contract.CheckMemoryMB),
		fmt.Sprintf("a state transition writes %d kB to the log of the state machine, and a call %d kB", kilobytesOfTransition, kilobytesOfCall),
	}
	unknown := false
	for _, j := range in.Department.Jobs {
		if !j.Type.Continuous() && in.Known[j.Name].Runs == 0 {
			unknown = true
			all = append(all, fmt.Sprintf("a load of %s takes %s h (--load-hours) and writes %s GB (--gigabytes)", j.Name,
				wording.Plain(in.Assumed.LoadHours), wording.Plain(in.Assumed.Gigabytes)))
		}
	}
	if unknown {
		all = append(all, fmt.Sprintf("for these loads DMS takes %s to create the tasks, %s to start them and %s to delete them",
			minutes(assumedCreate), minutes(assumedStart), minutes(assumedDelete)))
	}
	return all
}

func minutes(d time.Duration) string { return wording.Counted(int(d.Minutes()), "minute") }

// leftOut is what an estimate does not have.
var leftOut = []string{
	"free tiers, discounts, savings plans and taxes",
	"the connection to the database (VPN, Direct Connect, NAT) and the transfer of data, also through the interface endpoints",
	"the first load of jobs that follow changes, and loads of tables that are added to them",
	"the files of changes that stay in the lake, and reading the lake (Athena, Glue)",
	"runs that fail, are requested by people, or come with a deploy",
	"logs of replication tasks and of the VPC, traces of X-Ray",
	"DynamoDB, KMS, Secrets Manager, SNS, SQS, EventBridge Scheduler, metrics, alarms and the dashboard of CloudWatch",
}
