package department

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Timetable says at which moments EventBridge Scheduler starts a job.
type Timetable struct {
	schedule
	zone *time.Location
}

// NewTimetable reads a schedule expression in an IANA time zone; an empty zone is UTC.
func NewTimetable(expression, timezone string) (Timetable, error) {
	zone, err := time.LoadLocation(timezone)
	if err != nil {
		return Timetable{}, fmt.Errorf("read the time zone of schedule %s: %w", expression, err)
	}
	s, bad := parseSchedule(expression)
	if bad != nil {
		return Timetable{}, errors.New(bad.What + "; " + bad.Fix)
	}
	return Timetable{s, zone}, nil
}

// Zone is the time zone in which people read the times.
func (t Timetable) Zone() *time.Location { return t.zone }

// Every is the time between two runs of a rate; 0 for other schedules.
func (t Timetable) Every() time.Duration {
	if t.cron == nil && t.at.IsZero() {
		return t.gap
	}
	return 0
}

// Next returns the first moment after a time, or the zero time if there is none. A rate counts from created, when the schedule was
// created: the zero time if that is not known, and then a rate has no moments. A time of the day that the clocks skip is left out,
// and a time that they repeat counts once, at its first occurrence ("Daylight savings time on EventBridge Scheduler").
func (t Timetable) Next(after, created time.Time) time.Time {
	switch {
	case t.cron != nil:
		last := t.cron.Years[len(t.cron.Years)-1]
		for day := startOfDay(after.In(t.zone)); day.Year() <= last; day = day.AddDate(0, 0, 1) {
			for _, at := range t.on(day) {
				if at.After(after) {
					return at
				}
			}
		}
	case !t.at.IsZero():
		if at, exists := momentOf(t.at, t.zone); exists && at.After(after) {
			return at
		}
	case created.IsZero():
	case after.Before(created):
		return created.In(t.zone)
	default:
		return created.Add((after.Sub(created)/t.gap + 1) * t.gap).In(t.zone)
	}
	return time.Time{}
}

// NextTimes returns the first moments after a time, at most n: see Next.
func (t Timetable) NextTimes(after, created time.Time, n int) []time.Time {
	var all []time.Time
	for len(all) < n {
		if after = t.Next(after, created); after.IsZero() {
			break
		}
		all = append(all, after)
	}
	return all
}

// Last returns the last moment at or before a time, or the zero time if there is none since created, when the schedule was
// created.
func (t Timetable) Last(until, created time.Time) time.Time {
	var last time.Time
	switch {
	case until.Before(created):
	case t.cron != nil:
		first := startOfDay(created.In(t.zone))
		for day := startOfDay(until.In(t.zone)); !day.Before(first); day = day.AddDate(0, 0, -1) {
			for _, at := range slices.Backward(t.on(day)) {
				if !at.After(until) && !at.Before(created) {
					return at
				}
			}
		}
	case !t.at.IsZero():
		if at, exists := momentOf(t.at, t.zone); exists && !at.After(until) && !at.Before(created) {
			last = at
		}
	default:
		last = created.Add(until.Sub(created) / t.gap * t.gap).In(t.zone)
	}
	return last
}

// startOfDay returns the day of a moment as a wall time: a time in UTC.
func startOfDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// on returns the moments of a day, which is given as a wall time, in their order.
func (t Timetable) on(day time.Time) []time.Time {
	if !t.cron.FiresOn(day) {
		return nil
	}
	var all []time.Time
	for _, hour := range t.cron.Hours {
		for _, minute := range t.cron.Minutes {
			wall := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if at, exists := momentOf(wall, t.zone); exists {
				all = append(all, at)
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// momentOf returns the first moment at which the clocks of a zone show a wall time, which is given as a time in UTC. exists is false
// if they skip it.
func momentOf(wall time.Time, zone *time.Location) (at time.Time, exists bool) {
	// The offset of the day before applies up to a change of the clocks: in autumn it gives the first of two moments.
	for _, probe := range []time.Time{wall.AddDate(0, 0, -1), wall.AddDate(0, 0, 1)} {
		_, offset := probe.In(zone).Zone()
		at = wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, shown := at.Zone(); shown == offset {
			return at, true
		}
	}
	return time.Time{}, false
}

// Count returns how many moments there are after a time and up to another one. A rate has one for each of its gaps.
func (t Timetable) Count(after, until time.Time) int {
	switch {
	case t.Every() > 0:
		return int(until.Sub(after) / t.gap)
	case t.cron == nil:
		if at := t.Next(after, time.Time{}); !at.IsZero() && !at.After(until) {
			return 1
		}
		return 0
	}
	n := 0
	for day := startOfDay(after.In(t.zone)); !day.After(until.In(t.zone).AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		for _, at := range t.on(day) {
			if at.After(after) && !at.After(until) {
				n++
			}
		}
	}
	return n
}
