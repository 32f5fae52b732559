package bench_test

import (
	"encoding/json"
	"math"
	"sync"
	"time"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/cputime"
	"github.com/oralake/oralake/test/harness"
)

// figures are what a night took.
type figures struct {
	Tables int `json:"tables"`
	Tasks  int `json:"tasks"`

	DMSCalls  int `json:"dmsCalls"`
	PeakDMS   int `json:"peakDmsPerSecond"` // calls in the busiest second
	DMSTokens int `json:"dmsTokensLeft"`    // of the 200 in DMS's token bucket, when it was emptiest
	Throttled int `json:"dmsThrottled"`     // calls that DMS refused

	Transitions   int `json:"transitions"`
	HistoryEvents int `json:"historyEvents"` // of the longest execution
	S3Calls       int `json:"s3Calls"`
	DynamoDBCalls int `json:"dynamoDbCalls"`
	GlueCalls     int `json:"glueCalls"`

	Invocations     int     `json:"lambdaInvocations"`
	LambdaSeconds   float64 `json:"lambdaSeconds"`        // all functions, waiting for AWS included
	LambdaCPU       float64 `json:"lambdaCpuMs"`          // see meter
	LongestFunction float64 `json:"lambdaLongestSeconds"` // the longest call of a function
	LongestName     string  `json:"lambdaLongest"`        // the name of that function
	LargestDocument int     `json:"documentBytes"`        // the largest input of a function

	LoadSeconds  float64 `json:"loadSeconds"`  // from the first task that runs to the last table that is loaded
	BoundSeconds float64 `json:"boundSeconds"` // all bytes over the instance's bandwidth, or the largest table over that of a sub-task
	OverBound    float64 `json:"makespanOverBound"`
	Notice       float64 `json:"noticeSeconds"` // from the end of the last task to the function that handles it
	RunSeconds   float64 `json:"runSeconds"`    // from the start of the first execution to the end of the last

	Dollars         float64 `json:"dollars"`               // of a day: an instance that is always on, transitions, functions
	DollarsInstance float64 `json:"dollarsInstance"`       // the instance's part of it
	DollarsPerRun   float64 `json:"dollarsInstancePerRun"` // the whole, if the instance lived only for the run
	StepFunctions   float64 `json:"dollarsStepFunctions"`  // transitions
	LambdaDollars   float64 `json:"dollarsLambda"`         // functions
	Month           month   `json:"month"`
}

// month is what a month of a job costs, in dollars: a daily or an hourly one, with an instance that is always on, or that lives only for
// each run.
type month struct {
	DailyAlwaysOn  float64 `json:"dailyAlwaysOn"`
	DailyPerRun    float64 `json:"dailyPerRun"`
	HourlyAlwaysOn float64 `json:"hourlyAlwaysOn"`
	HourlyPerRun   float64 `json:"hourlyPerRun"`
}

// monthOf returns the month of a job whose run takes so many hours and costs so much besides the instance. An instance that lives for
// runs as long as the hour is always on.
func monthOf(runHours, run float64) month {
	of := func(runs, instanceHours float64) float64 {
		return math.Round(100*(runs*run+instanceDollars(min(hoursOfMonth, instanceHours)))) / 100
	}
	const days, hours = hoursOfMonth / 24, hoursOfMonth
	each := runHours + instanceHours
	return month{
		DailyAlwaysOn: of(days, hoursOfMonth), DailyPerRun: of(days, days*each),
		HourlyAlwaysOn: of(hours, hoursOfMonth), HourlyPerRun: of(hours, hours*each),
	}
}

// meter collects the figures of one night while it happens.
type meter struct {
	mu sync.Mutex
	night

	running          int           // functions
	shared, sharedAt time.Duration // see share
}

// night is what a meter knows of a night.
type night struct {
	on       bool
	figures  figures
	dmsCalls []time.Time
	firstRun time.Time            // when the first task ran
	ends     map[string]time.Time // of the tasks, by ARN
	lastEnd  time.Time            // the last of them
	notices  []time.Duration      // how long after an end it was noticed
	free     string               // the function that stands for a call of the state machine itself: it costs nothing

	lambda, longest, cpu time.Duration
}

// begin begins a night.
func (m *meter) begin(tables int, free string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.night = night{on: true, free: free, ends: map[string]time.Time{}, figures: figures{Tables: tables}}
}

// call counts a call of AWS.
func (m *meter) call(c gateway.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.on || harness.FunctionOf(c) == "" {
		return
	}
	switch c.Service {
	case "dms":
		m.figures.DMSCalls++
		m.dmsCalls = append(m.dmsCalls, time.Now())
	case "s3":
		m.figures.S3Calls++
	case "dynamodb":
		m.figures.DynamoDBCalls++
	case "glue":
		m.figures.GlueCalls++
	}
}

// disturb makes AWS answer functions after its usual time.
func disturb(c gateway.Call) gateway.Disturbance {
	if harness.FunctionOf(c) == "" {
		return gateway.Disturbance{}
	}
	return gateway.Disturbance{Before: latency[c.Service]}
}

// event notes when loads begin and end.
func (m *meter) event(e dms.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !m.on:
	case e.Kind == dms.TaskCreated:
		m.figures.Tasks++
	case e.Kind == dms.TaskRunning && m.firstRun.IsZero():
		m.firstRun = e.Time
	case e.Kind == dms.TaskEnded:
		m.lastEnd, m.ends[e.Task.ARN] = e.Time, e.Time
	}
}

// invocation notes a call of a function.
func (m *meter) invocation(c lambda.FunctionCall) lambda.Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.on {
		m.figures.LargestDocument = max(m.figures.LargestDocument, len(c.Payload))
	}
	return lambda.Fault{}
}

// function measures one call of a function: the CPU of this process while it runs, and its time, which is that of waiting for AWS and
// that of its CPU at the speed of a function. Both are more than what the function needs: the embedded AWS that answers it runs in the
// same process.
func (m *meter) function(name string, run func()) {
	began, cpu := time.Now(), m.share(1)
	run()
	used := m.share(-1) - cpu
	took := time.Since(began) + time.Duration(float64(used)/functionCPUs)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.on && name != m.free {
		m.figures.Invocations++
		m.lambda, m.cpu = m.lambda+took, m.cpu+used
		if took > m.longest {
			m.longest, m.figures.LongestName = took, name
		}
	}
}

// share changes the number of functions that run, and returns the CPU that each has had since the first: those that run at the same time
// share it.
func (m *meter) share(change int) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := cputime.Used()
	if m.running > 0 {
		m.shared += (now - m.sharedAt) / time.Duration(m.running)
	}
	m.running, m.sharedAt = m.running+change, now
	return m.shared
}

// notice notes that the end of a task is noticed; an empty ARN is that of the task that ended last.
func (m *meter) notice(arn string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	end := m.ends[arn]
	if arn == "" {
		end = m.lastEnd
	}
	m.notices = append(m.notices, time.Since(end))
}

func mean(all []time.Duration) (d time.Duration) {
	for _, one := range all {
		d += one / time.Duration(len(all))
	}
	return d
}

// end ends a night that began at a time, and returns its figures.
func (m *meter) end(began time.Time, bytes []float64, instance float64) figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.on = false
	f := m.figures
	f.PeakDMS, f.DMSTokens, f.Throttled = bucket(m.dmsCalls)
	lastTable := m.lastEnd.Add(-dms.AWSDelays().TaskFinish)
	f.LambdaSeconds, f.LambdaCPU, f.LongestFunction = seconds(m.lambda), seconds(m.cpu*1000), seconds(m.longest)
	f.LoadSeconds, f.Notice, f.RunSeconds = seconds(lastTable.Sub(m.firstRun)), seconds(mean(m.notices)), seconds(time.Since(began))
	sum, largest := 0.0, 0.0
	for _, b := range bytes {
		sum, largest = sum+b, max(largest, b)
	}
	f.BoundSeconds = round(max(sum/instance, largest/subtaskBytes))
	f.OverBound = round(f.LoadSeconds / f.BoundSeconds)
	f.StepFunctions = float64(f.Transitions) * price(cost.Transitions)
	f.LambdaDollars = float64(f.Invocations)*price(cost.LambdaRequests) + f.LambdaSeconds*functionGB*price(cost.LambdaDuration)
	f.DollarsInstance = instanceDollars(24)
	f.Dollars = f.DollarsInstance + f.StepFunctions + f.LambdaDollars
	f.DollarsPerRun = instanceDollars(f.RunSeconds/3600+instanceHours) + f.StepFunctions + f.LambdaDollars
	f.Month = monthOf(f.RunSeconds/3600, f.StepFunctions+f.LambdaDollars)
	for _, d := range []*float64{&f.StepFunctions, &f.LambdaDollars, &f.DollarsInstance, &f.Dollars, &f.DollarsPerRun} {
		*d = math.Round(*d*10_000) / 10_000
	}
	return f
}

// bucket returns the number of calls in the busiest second, how many tokens were left in DMS's bucket of 200 when it was emptiest, and
// how many calls found none. It fills with 8 tokens a second (CHAP_Limits).
func bucket(calls []time.Time) (peak, least, refused int) {
	left, first := 200.0, 0
	lowest := left
	for i, at := range calls {
		for at.Sub(calls[first]) >= time.Second {
			first++
		}
		peak = max(peak, i-first+1)
		if i > 0 {
			left = min(200, left+8*at.Sub(calls[i-1]).Seconds())
		}
		if left < 1 {
			refused++
			continue
		}
		left--
		lowest = min(lowest, left)
	}
	return peak, int(math.Floor(lowest)), refused
}

func seconds(d time.Duration) float64 { return round(d.Seconds()) }

// round leaves three digits after the point.
func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// report is the JSON of a night, with that of the night before which had no history, and that of the original's shape.
type report struct {
	figures
	First    figures `json:"firstNight"`
	Original figures `json:"original"`
}

func (r report) String() string {
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers always have a JSON form
	}
	return string(line)
}

// execution adds the transitions and the events of an execution.
func (m *meter) execution(transitions, events int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.figures.Transitions += transitions
	m.figures.HistoryEvents = max(m.figures.HistoryEvents, events)
}
