package stacks

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// alarmed is what the alarms of a department watch.
type alarmed struct {
	Department *department.Department
	Stack      string
	MachineARN string
	Functions  []lambdaFunction // those that runs call
	Group      string           // of the schedules
	DeadLetter string           // the name of the queue
	Instance   string           // the identifier of the replication instance
	Topic      topic
}

// all returns the alarms. The thresholds are those at which a person should look.
func (w alarmed) all() []alarm {
	var all []alarm
	for _, of := range [][]alarm{w.ofRuns(), w.ofStarts(), w.ofFunctions(), w.ofJobs(), w.ofInstance(), w.ofNotifications()} {
		all = append(all, of...)
	}
	return all
}

// counted is an alarm on a count of failures. It looks back two hours, so that what fails every hour keeps the alarm on, and sends one
// message.
func counted(kind department.AlarmKind, m metric, says string) alarm {
	return alarm{
		Kind: kind, metric: m, Says: says, Statistic: "Sum", Comparison: atLeast, Threshold: 1, Seconds: 3600, Periods: 2, Bad: 1,
		Missing: missingIsGood,
	}
}

// ofRuns are the alarms on executions of the state machine.
func (w alarmed) ofRuns() []alarm {
	of := func(kind department.AlarmKind, name, says string) alarm {
		return counted(kind, metric{"AWS/States", name, map[string]string{"StateMachineArn": w.MachineARN}}, says)
	}
	return []alarm{
		of(department.AlarmFailed, "ExecutionsFailed", "A run failed. The record of the run says why."),
		of(department.AlarmTimedOut, "ExecutionsTimedOut", "A run was ended because it took too long. A recovery run records it."),
		of(department.AlarmAborted, "ExecutionsAborted", "Somebody stopped a run. A recovery run records it and deletes its tasks."),
		of(department.AlarmThrottled, "ExecutionThrottled", "Step Functions delays runs: the account makes too many state transitions. Ask AWS for a "+
			"higher quota, or start jobs at different times."),
	}
}

// ofStarts are the alarms on schedules that could not start a run.
func (w alarmed) ofStarts() []alarm {
	group := map[string]string{"ScheduleGroup": w.Group}
	return []alarm{
		counted(department.AlarmDroppedStarts, metric{"AWS/Scheduler", "InvocationDroppedCount", group},
			"A schedule could not start its job within an hour, and gave up. The job runs at its next time; start it by hand if that is too late."),
		counted(department.AlarmLostStarts, metric{"AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount", group},
			"A schedule could neither start its job nor write that to the dead-letter queue."),
		{
			Kind: department.AlarmDeadLetters, metric: metric{"AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": w.DeadLetter}},
			Says: "The dead-letter queue has starts of jobs that failed. Read them, start the jobs, and delete the messages.", Statistic: "Maximum",
			Comparison: atLeast, Threshold: 1, Seconds: 300, Periods: 1, Bad: 1, Missing: missingIsGood,
		},
	}
}

// ofFunctions are the alarms on the functions that runs call.
func (w alarmed) ofFunctions() (all []alarm) {
	for _, f := range w.Functions {
		function := map[string]string{"FunctionName": f.Name}
		for _, a := range []alarm{
			counted(department.AlarmFunctionErrors, metric{"AWS/Lambda", "Errors", function},
				"Calls of the function "+f.Step+" failed. Step Functions has called it again; its log says why."),
			counted(department.AlarmFunctionThrottles, metric{"AWS/Lambda", "Throttles", function},
				"Lambda refused calls of the function "+f.Step+": the account runs too many functions at once. Ask AWS for a higher quota."),
		} {
			a.Of = f.Step
			all = append(all, a)
		}
	}
	return all
}

// ofJobs are the alarms on what the function orphans measures of each job, every 25 minutes.
func (w alarmed) ofJobs() (all []alarm) {
	d := w.Department
	for _, job := range d.Jobs {
		measured := func(kind department.AlarmKind, name string) alarm {
			return alarm{
				Kind: kind, Of: job.Name, Statistic: "Maximum", Comparison: above, Seconds: 1800, Periods: 2, Bad: 2, Missing: missingIsBad, WarmUp: 120,
				metric: metric{contract.MetricNamespace, name, map[string]string{contract.DimensionStack: w.Stack, contract.DimensionJob: job.Name}},
			}
		}
		if hours, ok := d.LateAfterHours(job); ok {
			a := measured(department.AlarmLate, contract.MetricHoursSinceSuccess)
			a.Threshold = float64(hours)
			a.Says = fmt.Sprintf("No run of job %s has succeeded for %d hours, which is longer than its schedule %s allows; or nothing has measured "+
				"that for an hour: then look at the runs whose names do not name a job.", job.Name, hours, job.Schedule)
			all = append(all, a)
		}
		if !job.Type.Continuous() || job.Paused {
			continue
		}
		// A change reaches the lake after at most a batch: a delay below that means nothing.
		seconds := d.Lake.CDCMaxBatchSeconds + int(contract.LatencyMargin.Seconds())
		for _, a := range []alarm{
			measured(department.AlarmSourceLatency, contract.MetricSourceLatency), measured(department.AlarmTargetLatency, contract.MetricTargetLatency),
		} {
			a.Threshold = float64(seconds)
			a.Says = fmt.Sprintf("The task of job %s has been more than %d seconds behind its source for an hour, or does not run.", job.Name, seconds)
			all = append(all, a)
		}
	}
	return all
}

// ofInstance are the alarms on the replication instance.
func (w alarmed) ofInstance() []alarm {
	memory := float64(memoryOf(w.Department.Replication.Class))
	of := func(kind department.AlarmKind, name, comparison string, threshold float64, periods int, says string) alarm {
		return alarm{
			Kind: kind, metric: metric{"AWS/DMS", name, map[string]string{"ReplicationInstanceIdentifier": w.Instance}}, Says: says,
			Statistic: "Average", Comparison: comparison, Threshold: threshold, Seconds: 300, Periods: periods, Bad: periods,
			Missing: missingIsUnknown, WarmUp: 60,
		}
	}
	storage := of(department.AlarmStorage, "FreeStorageSpace", below, float64(w.Department.Replication.StorageGB)*gigabyte/5, 3,
		"Less than a fifth of the replication instance's storage is free, or the instance reports nothing. When the storage is full, tasks fail. "+
			"Raise replication.storageGB.")
	storage.Missing = missingIsBad
	return []alarm{
		storage,
		of(department.AlarmMemory, "FreeableMemory", below, memory/10, 6,
			"Less than a tenth of the replication instance's memory is free. Choose a larger replication.class."),
		of(department.AlarmSwap, "SwapUsage", above, memory/10, 6,
			"The replication instance swaps, which makes its tasks slow. Choose a larger replication.class."),
		of(department.AlarmCPU, "CPUUtilization", above, 90, 12,
			"The replication instance has been at its limit for an hour. Choose a larger replication.class, or start jobs at different times."),
	}
}

// ofNotifications is the alarm on messages that did not reach a subscriber. The other subscribers get its message.
func (w alarmed) ofNotifications() []alarm {
	return []alarm{counted(department.AlarmNotifications, metric{"AWS/SNS", "NumberOfNotificationsFailed", map[string]string{"TopicName": w.Topic.Name}},
		"A message about this department did not reach a subscriber of its topic. Check the addresses.")}
}

const gigabyte = 1 << 30

var sizeOfClass = regexp.MustCompile(`^dms\.([a-z]+)[0-9][a-z]*\.(?:(micro|small|medium|large)|([0-9]*)xlarge)$`)

// memoryOf returns the memory of a replication instance class in bytes: 4 GB for 2 vCPUs of the family c, 16 GB of the family r
// (CHAP_ReplicationInstance.Types).
func memoryOf(class string) int {
	m := sizeOfClass.FindStringSubmatch(class)
	if m == nil {
		return 4 * gigabyte // unreachable: the department's file has such a class
	}
	if m[1] == "t" {
		return map[string]int{"micro": 1, "small": 2, "medium": 4, "large": 8}[m[2]] * gigabyte
	}
	large := map[string]int{"c": 4, "r": 16}[m[1]] * gigabyte
	if m[2] != "" {
		return large
	}
	times := 1
	if m[3] != "" {
		times, _ = strconv.Atoi(m[3]) // cannot fail: the pattern allows only digits
	}
	return 2 * times * large
}
