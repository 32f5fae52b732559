package scheduler

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata" // so that time zones do not depend on the machine
)

// Expression says when a schedule fires: cron(...), rate(...) or at(...) in a time zone. Source:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
type Expression struct {
	text  string
	zone  *time.Location
	cron  *cron
	every time.Duration // interval of a rate; 0 for cron and at
	at    time.Time
}

var (
	rateForm = regexp.MustCompile(`^rate\(\s*(\d{1,9})\s+(minute|hour|day)s?\s*\)$`)
	cronForm = regexp.MustCompile(`^cron\((.*)\)$`)
	atForm   = regexp.MustCompile(`^at\((.*)\)$`)
)

// ParseExpression reads an expression. zone is an IANA time zone name; empty means UTC. It returns an error for an
// invalid expression or an unknown zone.
func ParseExpression(text, zone string) (Expression, error) {
	if zone == "" {
		zone = "UTC"
	}
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return Expression{}, fmt.Errorf("invalid schedule expression timezone %s", zone)
	}
	e := Expression{text: text, zone: location}
	switch {
	case rateForm.MatchString(text):
		err = e.parseRate(rateForm.FindStringSubmatch(text))
	case cronForm.MatchString(text):
		e.cron, err = parseCron(cronForm.FindStringSubmatch(text)[1], location)
	case atForm.MatchString(text):
		err = e.parseAt(atForm.FindStringSubmatch(text)[1])
	default:
		err = fmt.Errorf("want cron(minute hour day month weekday year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss)")
	}
	if err != nil {
		return Expression{}, fmt.Errorf("invalid schedule expression %s: %w", text, err)
	}
	return e, nil
}

func (e *Expression) parseRate(parts []string) error {
	value, err := strconv.Atoi(parts[1])
	if err != nil || value < 1 {
		return fmt.Errorf("the value of a rate is a positive number")
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[parts[2]]
	if time.Duration(value) > (1<<63-1)/unit {
		return fmt.Errorf("the rate is longer than 292 years")
	}
	e.every = time.Duration(value) * unit
	return nil
}

func (e *Expression) parseAt(text string) error {
	wall, err := time.Parse("2006-01-02T15:04:05", strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("want at(yyyy-mm-ddThh:mm:ss)")
	}
	at, exists := instant(wall, e.zone)
	if !exists {
		return fmt.Errorf("the clocks in %s skip that time", e.zone)
	}
	e.at = at
	return nil
}

func (e Expression) String() string { return e.text }

// Next returns the first firing time later than after, or the zero time when there is none. A rate fires first at
// anchor. A cron time that the clocks skip in spring does not fire. A cron time that the clocks repeat in autumn fires
// once, at its first occurrence.
func (e Expression) Next(after, anchor time.Time) time.Time {
	switch {
	case e.cron != nil:
		return e.cron.next(after)
	case e.every > 0:
		if after.Before(anchor) {
			return anchor
		}
		return anchor.Add((after.Sub(anchor)/e.every + 1) * e.every)
	case e.at.After(after):
		return e.at
	}
	return time.Time{}
}

// instant returns the first moment at which the clocks in a zone show the wall time, which is given as a time in UTC.
// It returns false when the clocks skip that wall time.
func instant(wall time.Time, zone *time.Location) (time.Time, bool) {
	var first time.Time
	for _, probe := range []time.Time{wall.Add(-24 * time.Hour), wall, wall.Add(24 * time.Hour)} {
		_, offset := probe.In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if wallTime(t).Equal(wall) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first, !first.IsZero()
}

// wallTime returns the wall time at t in its zone, to the second, as a time in UTC.
func wallTime(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}
