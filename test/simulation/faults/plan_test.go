package faults_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// plan is one schedule: departments, the actions of people, and the rates of faults.
type plan struct {
	seed        uint64
	dice        dice
	departments []*department.Department
	starts      []start
	// outages are times in which a service fails every call.
	outages []outage
	// losses are times in which the replication instance of a department is lost.
	losses []loss
	// destroyed is the department whose stack is deleted, at destroy after the start; negative for none.
	destroyed int
	destroy   time.Duration
	rates     rates
	// refusals are permissions that functions lack for a time.
	refusals []refusal
	// restarts are what DMS does by itself.
	restarts restarts
	// pace is the factor of the delays of DMS compared to AWS.
	pace float64
	// tagging and testing are how long DMS takes to show tags and to test a connection, whatever the pace.
	tagging, testing time.Duration
	// jitter is the part of the longest delay that passes before a retry.
	jitter float64
}

// start is an execution that a person starts, and stops if Stop is not 0.
type start struct {
	Name       string
	Department int
	Job        string
	Tables     []string // only these tables; all when empty
	Rollback   []string // put back the snapshots before of these tables, and load nothing
	At         time.Duration
	Stop       time.Duration // after At
}

type outage struct {
	Service  string
	From, To time.Duration
	Answer   string
}

type loss struct {
	Department int
	At, For    time.Duration
}

// disturbed is how long faults happen.
const disturbed = 4 * time.Hour

// The kinds of faults, in the order in which the dice are thrown for them.
var (
	taskFaults = []string{
		"create-slow", "create-fails", "run-fails", "run-hangs", "run-ends", "run-odd", "stop-slow", "delete-slow", "delete-fails",
		"modified-odd",
	}
	tableFaults  = []string{"table-errors", "table-vanishes", "table-cancelled", "table-cut", "table-slow", "table-source-lost"}
	callFaults   = []string{"throttled", "failed", "unavailable", "lost", "slow", "late"}
	lambdaFaults = []string{"refused", "killed-before", "killed-during", "killed-after", "timed-out", "twice", "twice-at-once"}
)

func newPlan(seed uint64) *plan {
	p := &plan{seed: seed, dice: dice(seed), destroyed: -1}
	p.rates = p.dice.rates(slices.Concat(taskFaults, tableFaults, callFaults, lambdaFaults, eventFaults)...)
	p.jitter = 0.3 + 0.4*p.dice.throw("jitter").Float64()
	p.tagging = one[time.Duration](p.dice.throw("tagging"), 0, 2, 30, 120, 480) * time.Second
	p.testing = one[time.Duration](p.dice.throw("testing"), 2, 2, 30, 600) * time.Second
	r := p.dice.throw("plan")
	p.pace = one(r, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 1)
	count, names := 1, p.names()
	if r.IntN(12) == 0 {
		count = 2
	}
	for i := range count {
		p.departments = append(p.departments, newDepartment(r, names[i]))
	}
	for i, d := range p.departments {
		for _, j := range d.Jobs {
			p.addStarts(r, i, j)
		}
		if r.IntN(12) == 0 {
			p.losses = append(p.losses, loss{i, between(r, time.Second, disturbed), between(r, 10*time.Second, time.Hour)})
		}
	}
	if r.IntN(6) == 0 {
		from := between(r, time.Second, disturbed)
		p.outages = append(p.outages, outage{
			one(r, "dms", "dynamodb", "s3", "sns", "states"), from,
			from + between(r, time.Minute, one[time.Duration](r, 15, 15, 15, 120)*time.Minute),
			one(r, "throttled", "failed", "unavailable", "lost"),
		})
	}
	if r.IntN(15) == 0 {
		p.destroyed, p.destroy = r.IntN(count), between(r, time.Second, disturbed)
	}
	p.verify()
	p.addRefusals()
	p.addRestarts()
	p.addRequests()
	return p
}

// delays returns the delays of DMS.
func (p *plan) delays() *dms.Delays {
	d := simulation.Delays(p.pace)
	d.Tagging, d.ConnectionTest = p.tagging, p.testing
	return d
}

var departmentNames = []string{"sales", "finance"}

// checked is the department with a check function.
const checked = "checked"

// names returns the names of the plan's departments. In every third plan the first one has a check function.
func (p *plan) names() []string {
	names := slices.Clone(departmentNames)
	if p.dice.throw("checked").IntN(3) == 0 {
		names[0] = checked
	}
	return names
}

// verify turns on row counts for most full loads of the department with a check function.
func (p *plan) verify() {
	for _, d := range p.departments {
		if d.Name != checked {
			continue
		}
		d.Source.Check = department.CheckReport // Its tables have no supplemental logging, so a cdc job is not ready.
		for i := range d.Jobs {
			if j := &d.Jobs[i]; j.Type == department.FullLoad && p.dice.throw("verify", j.Name).IntN(4) > 0 {
				j.Verify = department.Counts
			}
		}
	}
}

// newDepartment returns a department of one to three jobs with a few tables each.
func newDepartment(r *rand.Rand, name string) *department.Department {
	d := *base(name)
	d.Jobs = nil
	tables := r.Perm(sourceTables)
	for i := range one(r, 1, 1, 1, 1, 1, 2, 2, 3) {
		n := min(1+r.IntN(6), len(tables)-(2-i))
		j := department.Job{
			Name:           fmt.Sprintf("job%d", i+1),
			Type:           one(r, department.FullLoad, department.FullLoad, department.FullLoad, department.CDC, department.FullLoadAndCDC),
			TablesPerTask:  1 + r.IntN(4),
			ParallelLoads:  1 + r.IntN(3),
			LOBMaxKB:       32,
			TimeLimitHours: one(r, 1, 1, 1, 2, 2, 24),
			KeepFailedTask: r.IntN(5) == 0,
		}
		for _, t := range tables[:n] {
			j.Tables = append(j.Tables, department.Table{Schema: sourceSchema, Name: tableName(t)})
		}
		tables = tables[n:]
		d.Jobs = append(d.Jobs, j)
	}
	return &d
}

// addStarts starts a job one to three times. Some starts are for some tables only, and some executions are stopped.
func (p *plan) addStarts(r *rand.Rand, d int, j department.Job) {
	at := between(r, time.Millisecond, disturbed/2)
	for i := range one(r, 1, 1, 2, 2, 3) {
		s := start{Name: fmt.Sprintf("%s-%s-%d", departmentNames[d], j.Name, i+1), Department: d, Job: j.Name, At: at}
		if j.Type == department.FullLoad && r.IntN(4) == 0 {
			for _, t := range j.Tables[:1+r.IntN(len(j.Tables))] {
				s.Tables = append(s.Tables, t.String())
			}
		}
		if r.IntN(4) == 0 {
			s.Stop = between(r, time.Millisecond, 40*time.Minute)
		}
		p.starts = append(p.starts, s)
		at = min(at+between(r, time.Millisecond, disturbed/2), disturbed)
	}
}

func (s start) input() string {
	all := map[string]any{"job": s.Job}
	if s.Tables != nil {
		all["tables"] = s.Tables
	}
	if s.Rollback != nil {
		all["rollback"] = s.Rollback
	}
	input, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(input)
}

// base loads a department's file once.
var base = func() func(string) *department.Department {
	var mu sync.Mutex
	loaded := map[string]*department.Department{}
	return func(name string) *department.Department {
		mu.Lock()
		defer mu.Unlock()
		if loaded[name] == nil {
			folder := "/departments/"
			if name == checked {
				folder = "/test/templates/testdata/departments/"
			}
			d, err := department.Load(harness.Root() + folder + name + ".yaml")
			if err != nil {
				panic(err)
			}
			loaded[name] = d
		}
		return loaded[name]
	}
}()
