package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/wording"
)

// span is a night: the loads that began between a noon and the next.
type span struct {
	noon        time.Time             // at which it begins
	first, last time.Time             // the start of its first load and the end of its last
	jobs        []operator.JobHistory // with the loads of this night only
}

// nightsOf are the nights that have loads, the newest first.
func nightsOf(h operator.History, z zones) (nights []span) {
	index := map[time.Time]int{}
	for _, j := range h.Jobs {
		for _, load := range j.Loads {
			noon := noonBefore(load.Start, z.department)
			i, known := index[noon]
			if !known {
				i = len(nights)
				index[noon] = i
				nights = append(nights, span{noon: noon, first: load.Start, last: load.End})
			}
			nights[i].add(j, load)
		}
	}
	slices.SortFunc(nights, func(a, b span) int { return b.noon.Compare(a.noon) })
	return nights
}

// add adds a load of a job. The loads of a job come together.
func (n *span) add(j operator.JobHistory, load operator.Load) {
	if last := len(n.jobs) - 1; last < 0 || n.jobs[last].Job != j.Job {
		n.jobs = append(n.jobs, operator.JobHistory{Job: j.Job, Type: j.Type, Timezone: j.Timezone})
	}
	job := &n.jobs[len(n.jobs)-1]
	job.Loads = append(job.Loads, load)
	if load.Start.Before(n.first) {
		n.first = load.Start
	}
	if load.End.After(n.last) {
		n.last = load.End
	}
}

// loads are those of all jobs.
func (n span) loads() (all []operator.Load) {
	for _, j := range n.jobs {
		all = append(all, j.Loads...)
	}
	return all
}

// noonBefore is the last noon in a time zone that is not after a time.
func noonBefore(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	noon := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, zone)
	if noon.After(local) {
		noon = time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, zone)
	}
	return noon
}

// name names the night by its two days.
func (n span) name(zone *time.Location) string {
	begin := n.noon.In(zone)
	return fmt.Sprintf("the night of %s to %s", begin.Format("Mon 2"), begin.AddDate(0, 0, 1).Format("Mon 2 Jan"))
}

// ending is when the last load ended.
func (n span) ending(zone *time.Location) string {
	return clock(n.last, zone, n.last.Sub(n.first)) + n.last.In(zone).Format(" MST")
}

// clock is the time of the day, with seconds in a picture of a short time.
func clock(t time.Time, zone *time.Location, picture time.Duration) string {
	if picture < 10*time.Minute {
		return t.In(zone).Format("15:04:05")
	}
	return t.In(zone).Format("15:04")
}

// tick is a time at an axis. Left is where, in percent.
type tick struct {
	Left  float64
	Label string
}

// Units is where, in the units of a picture.
func (t tick) Units() int { return int(t.Left * units / 100) }

// axis is the time that a picture shows: whole steps, the first of which begins at from.
type axis struct {
	from, to time.Time
	step     time.Duration
}

// steps are the lengths that a step of an axis may have, and mostSteps is how many steps it has.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

const mostSteps = 8

// newAxis is an axis that has two times, in a time zone.
func newAxis(first, last time.Time, zone *time.Location) axis {
	step := 24 * time.Hour
	for _, s := range slices.Backward(steps) {
		from := wholeStep(first, s, zone)
		if last.Sub(from) <= mostSteps*s {
			step = s
		}
	}
	a := axis{from: wholeStep(first, step, zone), step: step}
	for a.to = a.from.Add(step); a.to.Before(last); {
		a.to = a.to.Add(step)
	}
	return a
}

// wholeStep is the last whole step of the day that is not after a time.
func wholeStep(t time.Time, step time.Duration, zone *time.Location) time.Time {
	local := t.In(zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	return midnight.Add(local.Sub(midnight) / step * step)
}

// units is the width of a picture, and leastWidth that of its shortest bar.
const (
	units      = 1000
	leastWidth = 3
)

// bar is where a time is in a picture.
type bar struct {
	X, W  int
	Class string
}

// bar is the time between two.
func (a axis) bar(from, to time.Time, class string) bar {
	scale := func(t time.Time) int { return int(float64(units) * float64(t.Sub(a.from)) / float64(a.to.Sub(a.from))) }
	x := min(max(0, scale(from)), units-leastWidth)
	return bar{x, max(leastWidth, min(scale(to), units)-x), class}
}

// ticks are the beginnings of the steps.
func (a axis) ticks(zone *time.Location) (all []tick) {
	for at := a.from; !at.After(a.to); at = at.Add(a.step) {
		left := 100 * float64(at.Sub(a.from)) / float64(a.to.Sub(a.from))
		label := at.In(zone).Format("15:04")
		if a.step < time.Minute {
			label = at.In(zone).Format("15:04:05")
		}
		all = append(all, tick{Left: float64(int(left*10)) / 10, Label: label})
	}
	return all
}

// steps is how many steps the axis has.
func (a axis) steps() int { return int(a.to.Sub(a.from) / a.step) }

// length is how long a load took, also if that is a fraction of a second.
func length(d time.Duration) string {
	if d > 0 && d < 10*time.Second {
		return wording.Tenths(d.Seconds()) + " s"
	}
	return wording.Span(d)
}

// loadText says when a load was and what it has loaded.
func loadText(load operator.Load, zone *time.Location, picture time.Duration) string {
	text := fmt.Sprintf("%s, %s", clock(load.Start, zone, picture), length(load.End.Sub(load.Start)))
	switch {
	case !load.Ended:
		return text + ", did not end"
	case load.Held:
		return text + ", held"
	case !load.Good:
		return text + ", not good"
	}
	return text + ", " + wording.Thousands(load.Rows) + " rows"
}

// loadClass is the class of a load.
func loadClass(load operator.Load) string {
	switch {
	case load.Held:
		return held
	case !load.Good:
		return bad
	}
	return good
}
