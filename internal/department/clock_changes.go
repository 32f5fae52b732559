package department

import (
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/department/cron"
	"github.com/oralake/oralake/internal/yamlschema"
)

// skip is a time that the clocks of a zone skip when they change, usually in spring: from start on, but not end. Both are
// wall times, written as times in UTC.
type skip struct{ start, end time.Time }

// skips returns the times that the clocks of a zone skip between two moments.
func skips(zone *time.Location, from, to time.Time) []skip {
	var all []skip
	for t := from.In(zone); ; {
		_, before := t.Zone()
		t = nextBound(t)
		if t.IsZero() || t.After(to) {
			return all
		}
		if _, after := t.Zone(); after > before {
			wall := func(offset int) time.Time { return t.UTC().Add(time.Duration(offset) * time.Second) }
			all = append(all, skip{wall(before), wall(after)})
		}
	}
}

// nextBound returns the next moment at which the clocks of t's zone may change, or the zero time. It is always later than t:
// Time.ZoneBounds returns t itself on the last day of a leap year, for a zone whose file has only a rule.
func nextBound(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		return t.Add(time.Hour)
	}
	return end
}

// contains reports whether the clocks skip a wall time.
func (s skip) contains(wall time.Time) bool { return !wall.Before(s.start) && wall.Before(s.end) }

// String returns the skipped time in words.
func (s skip) String() string {
	return "from " + s.start.Format("15:04") + " to " + s.end.Format("15:04")
}

// missed returns the skipped times at which an expression would fire, and for which no other run takes place at the same
// moment: with cron(0 * * * ? *) the run of 03:00 takes place one hour after that of 01:00.
func (s skip) missed(e cron.Expression) []time.Time {
	var all []time.Time
	for wall := s.start; wall.Before(s.end); wall = wall.Add(time.Minute) {
		if e.FiresAt(wall) && !e.FiresAt(wall.Add(s.end.Sub(s.start))) {
			all = append(all, wall)
		}
	}
	return all
}

// checkAtTimes refuses schedules that fire once, at a time that the clocks of the file's time zone skip. EventBridge Scheduler
// refuses them, too.
func checkAtTimes(d *yamlschema.Decoder, n, jobs *yamlschema.Node, dep *Department) {
	zone, err := time.LoadLocation(dep.Timezone)
	timezone := n.Get("timezone")
	if err != nil || timezone == nil || timezone.Refused() {
		return // the default, UTC, skips no time
	}
	for i, j := range dep.Jobs {
		v := jobs.Entries[i].Value.Get("schedule")
		if v == nil || v.Refused() {
			continue
		}
		s, bad := parseSchedule(j.Schedule)
		if bad != nil || s.at.IsZero() {
			continue
		}
		for _, skip := range skips(zone, s.at.AddDate(0, 0, -2), s.at.AddDate(0, 0, 2)) {
			if skip.contains(s.at) {
				d.Refuse(v, yamlschema.Faultf("write at("+s.at.Add(skip.end.Sub(skip.start)).Format(atLayout)+")",
					"%s is %s, a time that does not exist: on that day the clocks in %s (timezone, line %d) skip the time %s",
					v.Label(), j.Schedule, dep.Timezone, timezone.Line, skip))
			}
		}
	}
}

const date = "2006-01-02"

// clockWarnings names the days within three years of now on which a job does not run, because the clocks skip the time of its
// schedule. EventBridge Scheduler neither runs such a job later nor reports it ("Daylight savings time on EventBridge
// Scheduler").
func (d *Department) clockWarnings(now time.Time) []Warning {
	zone, err := time.LoadLocation(d.Timezone)
	if err != nil {
		return nil
	}
	var all []Warning
	for _, j := range d.Jobs {
		s, bad := parseSchedule(j.Schedule)
		if bad != nil || s.cron == nil {
			continue
		}
		var days []string
		var last skip
		for _, skip := range skips(zone, now, now.AddDate(3, 0, 0)) {
			if missed := skip.missed(*s.cron); len(missed) > 0 {
				days, last = append(days, missed[0].Format(date)), skip
			}
		}
		if len(days) > 0 {
			all = append(all, Warning{"clock-change", fmt.Sprintf("job %s does not run by its schedule %s on %s: the clocks in %s "+
				"skip that time, %s; choose an earlier or a later time",
				j.Name, j.Schedule, yamlschema.Listed(days, "and"), d.Timezone, last)})
		}
	}
	return all
}
