// Package report writes what a department is and has done as one HTML document for people: a sentence that sums it up, what needs a
// person, then pictures. The document needs no other file and no JavaScript, so it can be sent by mail and printed. All that it says
// comes from an operator.History; all text is escaped.
package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/oralake/oralake/internal/operator"
)

//go:embed report.html
var source string

//go:embed report.css
var style string

var document = template.Must(template.New("report").Parse(source))

// longestText is how many characters of a reason the document has. oralake explain has the rest.
const longestText = 400

// page is what the document shows.
type page struct {
	Style      template.CSS
	Department string
	At         string
	Days       int
	Good       bool
	Headline   string
	Facts      []fact
	Needs      []operator.Need
	MoreNeeds  int
	Jobs       []jobRow
	Nights     []night  // the newest first
	LeftOut    []string // which loads are left out
	Runs       []runChart
	Lags       []lagChart
	Troubles   []troubleRow
	// MoreTroubles are tables that Troubles leaves out.
	MoreTroubles int
}

// fact is a number that people look for first.
type fact struct{ Name, Value, Note string }

// mostNeeds and mostTroubles are how many of them the document names.
const (
	mostNeeds    = 50
	mostTroubles = 100
)

// Write writes the document of a history.
func Write(w io.Writer, h operator.History) error {
	zones, err := loadZones(h)
	if err != nil {
		return err
	}
	nights := nightsOf(h, zones)
	p := page{
		Style: template.CSS(style), Department: h.Status.Department, At: h.Status.At.In(zones.department).Format("Mon 2 Jan 2006, 15:04 MST"), Days: h.Days,
		Good: len(h.Status.Needs) == 0, Headline: Headline(h), Facts: factsOf(h, nights, zones), Jobs: jobRows(h, zones),
		Nights: pictures(h, nights, zones), Runs: runCharts(h, zones), Lags: lagCharts(h, zones),
	}
	for _, j := range h.Jobs {
		if j.TablesFrom != nil {
			p.LeftOut = append(p.LeftOut, fmt.Sprintf("%s has too many loads for this report: those of runs before %s are left out.",
				j.Job, moment(*j.TablesFrom, zones.of(j.Job))))
		}
	}
	p.Needs, p.MoreNeeds = firstOf(needsOf(h.Status), mostNeeds)
	p.Troubles, p.MoreTroubles = firstOf(troubleRows(h, zones), mostTroubles)
	if err := document.Execute(w, p); err != nil {
		return fmt.Errorf("write the report of department %s: %w", h.Status.Department, err)
	}
	return nil
}

// firstOf returns the first items, and how many more there are.
func firstOf[T any](all []T, most int) (first []T, more int) {
	first = all[:min(len(all), most)]
	return first, len(all) - len(first)
}

// zones are the time zones of the jobs.
type zones struct {
	department *time.Location
	jobs       map[string]*time.Location
}

func loadZones(h operator.History) (zones, error) {
	z := zones{jobs: map[string]*time.Location{}}
	var err error
	if z.department, err = time.LoadLocation(cmp.Or(h.Timezone, "UTC")); err != nil {
		return z, fmt.Errorf("read the time zone of department %s: %w", h.Status.Department, err)
	}
	for _, j := range h.Jobs {
		if z.jobs[j.Job], err = time.LoadLocation(cmp.Or(j.Timezone, h.Timezone, "UTC")); err != nil {
			return z, fmt.Errorf("read the time zone of job %s: %w", j.Job, err)
		}
	}
	return z, nil
}

// of is the time zone of a job.
func (z zones) of(job string) *time.Location {
	if zone := z.jobs[job]; zone != nil {
		return zone
	}
	return z.department
}

// moment is a time in a time zone, such as Tue 1 Dec, 06:07 CET. The document has the year at its top.
func moment(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Mon 2 Jan, 15:04 MST")
}
