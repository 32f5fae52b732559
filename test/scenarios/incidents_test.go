package scenarios_test

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	localdms "github.com/oralake/oralake/test/aws/dms"
	local "github.com/oralake/oralake/test/aws/lambda"
)

// incident is something that makes alarms fire.
type incident struct {
	begin  func(*alarmed)
	end    func(*alarmed)
	within time.Duration // until all have fired
	clear  time.Duration // until all have cleared
}

func nothing(*alarmed) {}

const sound = 512 << 20 // bytes: more than enough

// incidents has one for each alarm of the department, by a pattern of the names of alarms.
func incidents() map[string]*incident {
	return map[string]*incident{
		`failed-runs`: {begin: func(f *alarmed) {
			f.faults.set(func(faults *faults) { faults.fail = "no more memory" })
			f.Run(f.outputs["StateMachineArn"], `{"job": "nightly"}`)
		}, end: func(f *alarmed) { f.faults.set(func(faults *faults) { faults.fail = "" }) }, clear: 6 * time.Hour},
		`timed-out-runs`: {begin: func(f *alarmed) {
			f.faults.set(func(faults *faults) { faults.hang = true })
			f.Start(f.outputs["StateMachineArn"], `{"job": "nightly"}`, 0)
		}, end: func(f *alarmed) { f.faults.set(func(faults *faults) { faults.hang = false }) }, within: 5 * time.Hour, clear: 12 * time.Hour},
		`aborted-runs`: {begin: func(f *alarmed) {
			f.Stop(f.Start(f.outputs["StateMachineArn"], `{"job": "nightly"}`, 2*time.Minute), "stopped by a test")
		}, end: nothing, clear: 6 * time.Hour},
		`throttled-runs`: {begin: func(f *alarmed) {
			f.States.Throttle(func(string) time.Duration { return time.Second })
			f.Run(f.outputs["StateMachineArn"], `{"job": "live"}`)
		}, end: func(f *alarmed) { f.States.Throttle(nil) }, clear: 6 * time.Hour},
		`dead-letters|dropped-starts`: {begin: func(f *alarmed) {
			f.trouble.set(func(o *trouble) { o.refuse = "states" })
		}, end: func(f *alarmed) {
			f.trouble.set(func(o *trouble) { o.refuse = "" })
			f.emptyDeadLetters()
		}, within: 3 * time.Hour, clear: 6 * time.Hour},
		`lost-starts`: {begin: func(f *alarmed) {
			f.trouble.set(func(o *trouble) { o.refuse = "states sqs" })
		}, end: func(f *alarmed) { f.trouble.set(func(o *trouble) { o.refuse = "" }) }, within: 3 * time.Hour, clear: 6 * time.Hour},
		`function-errors-.*`:    eachFunction(local.Fault{Kill: local.BeforeHandler}),
		`function-throttles-.*`: eachFunction(local.Fault{Refuse: local.TooManyRequests()}),
		`late-.*`: {begin: func(f *alarmed) {
			f.faults.set(func(faults *faults) { faults.fail = "no more memory" })
			f.stopTask("live")
		}, end: func(f *alarmed) {
			f.faults.set(func(faults *faults) { faults.fail = "" })
			f.Run(f.outputs["StateMachineArn"], `{"job": "live", "resume": true}`)
		}, within: 60 * time.Hour, clear: 30 * time.Hour},
		`(source|target)-latency-live`: {
			begin: func(f *alarmed) { f.DMS.FallBehind(time.Hour) }, end: func(f *alarmed) { f.DMS.FallBehind(0) },
			within: 3 * time.Hour, clear: 3 * time.Hour,
		},
		`storage`: {
			begin: func(f *alarmed) { f.load(localdms.InstanceLoad{FreeMemory: sound, FreeStorageBytes: 3 << 30})() },
			end:   usualLoad, within: time.Hour, clear: time.Hour,
		},
		`memory`: {
			begin: func(f *alarmed) { f.load(localdms.InstanceLoad{FreeMemory: 64 << 20, FreeStorageBytes: 90 << 30})() },
			end:   usualLoad, within: time.Hour, clear: time.Hour,
		},
		`swap`: {
			begin: func(f *alarmed) {
				f.load(localdms.InstanceLoad{FreeMemory: sound, FreeStorageBytes: 90 << 30, SwapUsed: 1 << 30})()
			},
			end: usualLoad, within: time.Hour, clear: time.Hour,
		},
		`cpu`: {
			begin: func(f *alarmed) {
				f.load(localdms.InstanceLoad{FreeMemory: sound, FreeStorageBytes: 90 << 30, CPUPercent: 99})()
			},
			end: usualLoad, within: 2 * time.Hour, clear: time.Hour,
		},
		`notifications`: {begin: func(f *alarmed) {
			f.SNS.Bounce(func(string) bool { return true })
			f.faults.set(func(faults *faults) { faults.fail = "no more memory" })
			f.Run(f.outputs["StateMachineArn"], `{"job": "nightly"}`)
		}, end: func(f *alarmed) {
			f.SNS.Bounce(nil)
			f.faults.set(func(faults *faults) { faults.fail = "" })
		}, clear: 6 * time.Hour},
	}
}

func usualLoad(f *alarmed) { f.DMS.SetLoad(f.instance, nil) }

// eachFunction disturbs one call of each function, of runs of both jobs.
func eachFunction(fault local.Fault) *incident {
	return &incident{begin: func(f *alarmed) {
		f.trouble.set(func(o *trouble) { o.function = fault })
		f.RunAfterOthers(f.outputs["StateMachineArn"], `{"job": "nightly"}`) // It ends when the check fails, which the department requires.
		f.RunAfterOthers(f.outputs["StateMachineArn"], `{"job": "nightly"}`)
		f.RunAfterOthers(f.outputs["StateMachineArn"], `{"job": "live"}`)
		f.stopTask("live") // The next run starts it again.
		f.RunAfterOthers(f.outputs["StateMachineArn"], `{"job": "live"}`)
	}, end: func(f *alarmed) {
		f.trouble.set(func(o *trouble) { o.function = local.Fault{} })
	}, within: 2 * time.Hour, clear: 6 * time.Hour}
}

// emptyDeadLetters receives and deletes all messages of the dead-letter queue.
func (f *alarmed) emptyDeadLetters() {
	f.t.Helper()
	queue := sqs.NewFromConfig(f.Admin())
	for {
		out, err := queue.ReceiveMessage(f.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(f.outputs["DeadLetterQueueUrl"]), MaxNumberOfMessages: 10,
		})
		if err != nil {
			f.t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return
		}
		for _, m := range out.Messages {
			if _, err := queue.DeleteMessage(f.t.Context(), &sqs.DeleteMessageInput{
				QueueUrl: aws.String(f.outputs["DeadLetterQueueUrl"]), ReceiptHandle: m.ReceiptHandle,
			}); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}
