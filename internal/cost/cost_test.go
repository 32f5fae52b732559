package cost_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/internal/department"
)

const file = `department: hr
network: {create: 10.40.0.0/24}
source: {secretName: oralake/hr, database: ORCLPDB1, sslMode: none}
jobs:
  nightly:
    type: full-load
    schedule: cron(0 4 * * ? *)
    tables: [HR.A, HR.B]
`

func estimate(t *testing.T, text string, in cost.Input) cost.Estimate {
	t.Helper()
	d, err := department.Parse("hr.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	in.Department, in.Now = d, today
	if in.Prices.List == nil {
		in.Prices, err = cost.FromCommittedTable("us-east-1", cost.HardwareOf(d), "").Give(map[string]float64{"instance": 1, "instance-storage": 0.1})
		if err != nil {
			t.Fatal(err)
		}
	}
	if in.Assumed.LoadHours == 0 {
		in.Assumed = cost.Assumed{LoadHours: 1, Gigabytes: 10}
	}
	e, err := cost.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// quantity returns how much of something the lines have, in all.
func quantity(lines []cost.Line, what cost.Key) (n float64) {
	for _, l := range lines {
		if l.What == what {
			n += l.Quantity
		}
	}
	return n
}

func near(got, want float64) bool { return math.Abs(got-want) <= 0.02*math.Max(1, math.Abs(want)) }

// The hours of the instance are those of the month, whoever pays them.
func TestInstanceHours(t *testing.T) {
	const following = `
  live:
    type: full-load-and-cdc
    tables: [HR.C]
`
	for name, test := range map[string]struct {
		text     string
		nightly  float64
		idle     float64
		atWork   float64
		loadHour float64
	}{
		"a load of an hour":              {file, 34.0, 696, 34.0, 1},
		"with changes that are followed": {file + following, 34.0 * 730 / (730 + 34.0), 0, 34.0, 1},
		"with changes, paused":           {file + strings.Replace(following, "tables:", "paused: true\n    tables:", 1), 34.0, 696, 34.0, 1},
		"loads without an end":           {file, 730, 0, 730, 40},
	} {
		t.Run(name, func(t *testing.T) {
			e := estimate(t, test.text, cost.Input{Assumed: cost.Assumed{LoadHours: test.loadHour, Gigabytes: 1}})
			if got := quantity(e.Jobs[0].Lines, cost.Instance); !near(got, test.nightly) {
				t.Errorf("the job pays %g hours, want %g", got, test.nightly)
			}
			if got := quantity(e.Shared, cost.Instance); !near(got, test.idle) {
				t.Errorf("the instance is idle for %g hours, want %g", got, test.idle)
			}
			if got := e.Jobs[0].Hours; !near(got, test.atWork) {
				t.Errorf("the job is at work for %g hours, want %g", got, test.atWork)
			}
			all := quantity(e.Shared, cost.Instance)
			for _, j := range e.Jobs {
				all += quantity(j.Lines, cost.Instance)
			}
			if !near(all, cost.Month) {
				t.Errorf("the instance has %g hours, want those of the month", all)
			}
		})
	}
}

// What the records tell replaces what is assumed, and the estimate says which it is.
func TestKnownLoads(t *testing.T) {
	known := map[string]cost.Known{"nightly": {
		Runs: 5, Creating: 5 * time.Minute, Loading: 2 * time.Hour, Deleting: 4 * time.Minute, Bytes: 3e9,
	}}
	e := estimate(t, file, cost.Input{Known: known})
	job := e.Jobs[0]
	if job.History != 5 || !near(job.HoursOfRun, (2*time.Hour+10*time.Minute).Hours()) {
		t.Errorf("a run takes %g hours, from %d runs", job.HoursOfRun, job.History)
	}
	if got := quantity(job.Lines, cost.S3Storage); got != 6 {
		t.Errorf("two snapshots of 3 GB are %g GB", got)
	}
	for _, one := range e.Assumed {
		if strings.Contains(one, "nightly") {
			t.Errorf("it is assumed that %s", one)
		}
	}
	before := estimate(t, file, cost.Input{})
	if got := before.Assumed[len(before.Assumed)-2]; got != "a load of nightly takes 1 h (--load-hours) and writes 10 GB (--gigabytes)" {
		t.Errorf("the last assumption but one is %q", got)
	}
	if a, b := quantity(before.Jobs[0].Lines, cost.Transitions), quantity(job.Lines, cost.Transitions); b <= a {
		t.Errorf("a load of two hours has %g transitions, one of an hour %g", b, a)
	}
}

// Runs are counted by the schedule: of a weekly job, of one that runs once, and of one that follows changes.
func TestRuns(t *testing.T) {
	for schedule, want := range map[string]float64{
		"cron(0 4 * * ? *)": 365.0 / 12, "cron(0 4 ? * SUN *)": 52.0 / 12, "rate(6 hours)": 1460.0 / 12, "at(2027-01-31T20:00:00)": 1.0 / 12,
		"at(2026-01-31T20:00:00)": 0, "cron(0 4 1 1 ? 2030)": 0,
	} {
		e := estimate(t, strings.Replace(file, "cron(0 4 * * ? *)", schedule, 1), cost.Input{})
		if got := e.Jobs[0].Runs; math.Abs(got-want) > 0.01 {
			t.Errorf("%s: %g runs a month, want %g", schedule, got, want)
		}
	}
}

func TestSums(t *testing.T) {
	e := estimate(t, file, cost.Input{})
	sum := 0.0
	for _, lines := range [][]cost.Line{e.Jobs[0].Lines, e.Shared} {
		for _, l := range lines {
			price, known := e.Prices.Find(l.What)
			if !known || l.Dollars == nil || math.Abs(*l.Dollars-price.Dollars*l.Quantity) > 1e-5 || l.MadeOf == "" || l.Unit != price.Unit {
				t.Errorf("line %+v at %+v", l, price)
				continue
			}
			sum += *l.Dollars
		}
	}
	if math.Abs(sum-e.Dollars) > 1e-4 || len(e.Unpriced) > 0 {
		t.Errorf("the lines are %g dollars, the sum is %g; no price of %v", sum, e.Dollars, e.Unpriced)
	}
	if got := quantity(e.Shared, cost.Endpoints); got != 2*cost.Month {
		t.Errorf("the endpoint of Secrets Manager in two zones has %g hours", got)
	}
	existing := estimate(t, strings.Replace(file, "create: 10.40.0.0/24", "vpcId: vpc-0a1b2c3d, subnetIds: [subnet-1a2b3c4d, subnet-5e6f7a8b]", 1), cost.Input{})
	if got := quantity(existing.Shared, cost.Endpoints); got != 0 {
		t.Errorf("in an existing VPC the stack has endpoints of %g hours", got)
	}
}

// A price that is not known is named, and its lines count for no sum.
func TestUnknownPrices(t *testing.T) {
	e := estimate(t, file, cost.Input{Prices: cost.FromCommittedTable("us-east-1", large, "")})
	want := []cost.Key{cost.Instance, cost.InstanceStorage}
	if diff := cmp.Diff(want, e.Unpriced); diff != "" {
		t.Errorf("unpriced (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:1], e.Jobs[0].Unpriced); diff != "" {
		t.Errorf("unpriced of the job (-want +got):\n%s", diff)
	}
	with := estimate(t, file, cost.Input{})
	if math.Abs(with.Dollars-e.Dollars-(730+10)) > 1e-9 {
		t.Errorf("%g dollars with the price of the instance and its disk, %g without", with.Dollars, e.Dollars)
	}
	if e.Jobs[0].Lines[0].Dollars != nil {
		t.Error("the line of the instance has dollars")
	}
}

func TestOnly(t *testing.T) {
	e := estimate(t, file, cost.Input{})
	if one, found := e.Only("nightly"); !found || len(one.Jobs) != 1 || one.Dollars != e.Dollars {
		t.Errorf("nightly is found: %t, with %d jobs", found, len(one.Jobs))
	}
	if _, found := e.Only("x"); found {
		t.Error("x is found")
	}
}
