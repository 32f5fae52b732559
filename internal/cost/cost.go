// Package cost estimates what a department costs in a month: what its file comes to, times the prices of AWS. Each figure says what it
// is made of. What the file does not tell comes from the records of earlier runs, or is assumed, and the estimate says so.
package cost

import (
	"time"

	"github.com/oralake/oralake/internal/department"
)

// Month is how many hours a month has. AWS's own calculator counts the same: a twelfth of a year.
const Month = 730

// Estimate is what a department costs in a month.
type Estimate struct {
	Department string `json:"department"`
	Region     string `json:"region"`
	Hours      int    `json:"hours"` // of the month
	Class      string `json:"instanceClass"`
	// Work is for how many hours of the month some job works with the replication instance, and Idle for how many none does. The
	// instance costs the same in both.
	Work   float64 `json:"hoursAtWork"`
	Idle   float64 `json:"hoursIdle"`
	Prices Prices  `json:"prices"`
	Jobs   []Job   `json:"jobs"`
	// Shared is what no job causes alone.
	Shared []Line `json:"shared"`
	// Dollars is the sum of all lines that have a price. Unpriced are the prices that are not known, of lines that are left out of the sum.
	Dollars  float64  `json:"dollars"`
	Unpriced []Key    `json:"unpriced"`
	Assumed  []string `json:"assumed"`
	// Unread says why no records were read; empty if they were.
	Unread  string   `json:"unread,omitempty"`
	LeftOut []string `json:"leftOut"`
}

// Job is what a job costs in a month.
type Job struct {
	Job  string          `json:"job"`
	Type department.Type `json:"type"`
	Runs float64         `json:"runs"` // a month
	// HoursOfRun is for how many hours a run works with the replication instance. Hours is for how many hours of the month the job does:
	// all of them, if it follows changes.
	HoursOfRun float64 `json:"hoursOfRun"`
	Hours      float64 `json:"hours"`
	// History is how many runs the times and sizes are the median of; 0 if they are assumed.
	History  int     `json:"history"`
	Lines    []Line  `json:"lines"`
	Dollars  float64 `json:"dollars"`
	Unpriced []Key   `json:"unpriced,omitempty"`
}

// Line is a figure, and what it is made of.
type Line struct {
	What     Key      `json:"what"` // the price that it takes
	Quantity float64  `json:"quantity"`
	Unit     string   `json:"unit"`
	Dollars  *float64 `json:"dollars,omitempty"` // nil if the price is not known
	MadeOf   string   `json:"madeOf"`            // for people
}

// Known is what the records of a job's runs tell.
type Known struct {
	Runs int // that the other members come from; 0 if nothing is known
	// The parts of a load: the creation of its tasks, the load from their start on, and their deletion.
	Creating, Loading, Deleting time.Duration
	Bytes                       int64 // of the files of a load
}

// Assumed is what nobody knows of a job without records.
type Assumed struct {
	LoadHours float64 // how long the load of a run takes
	Gigabytes float64 // the size of the files of a load
}

// Input is what an estimate is made of.
type Input struct {
	Department *department.Department
	Prices     Prices
	Known      map[string]Known // by job
	Assumed    Assumed
	Now        time.Time
}

// Of estimates what a department costs in a month.
func Of(in Input) (Estimate, error) {
	d := in.Department
	e := Estimate{
		Department: d.Name, Region: in.Prices.Region, Hours: Month, Class: d.Replication.Class, Prices: in.Prices,
		Unpriced: []Key{}, Assumed: in.assumptions(), LeftOut: leftOut,
	}
	var works []work
	total := 0.0
	for _, j := range d.Jobs {
		w, err := in.workOf(j)
		if err != nil {
			return Estimate{}, err
		}
		works = append(works, w)
		total += w.hours
	}
	busy := min(total, Month)
	for _, w := range works {
		job := w.job
		if total > 0 {
			job.Lines = append([]Line{w.instance(busy / total)}, job.Lines...)
		}
		job.Dollars, job.Unpriced = in.Prices.apply(job.Lines)
		e.Jobs = append(e.Jobs, job)
	}
	e.Work, e.Idle = rounded(busy, 2), rounded(Month-busy, 2)
	e.Shared = in.shared(Month - busy)
	e.Dollars, e.Unpriced = in.Prices.apply(e.Shared)
	for _, j := range e.Jobs {
		e.Dollars += j.Dollars
		e.Unpriced = append(e.Unpriced, j.Unpriced...)
	}
	e.Unpriced = unique(e.Unpriced)
	return e, nil
}

// Only returns the estimate with one job of it. The sum and the shared lines stay those of the department.
func (e Estimate) Only(job string) (Estimate, bool) {
	for _, j := range e.Jobs {
		if j.Job == job {
			e.Jobs = []Job{j}
			return e, true
		}
	}
	return e, false
}

// unique returns the keys without repetitions, in the order of Keys.
func unique(some []Key) []Key {
	all := []Key{}
	for _, key := range Keys {
		for _, one := range some {
			if one == key {
				all = append(all, key)
				break
			}
		}
	}
	return all
}
