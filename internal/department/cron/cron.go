// Package cron reads the cron expressions of EventBridge Scheduler.
package cron

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/yamlschema"
)

// field is one of the six fields of an AWS cron expression.
type field struct {
	name     string
	from, to int
	names    []string // the names of from, from+1 and so on
	steps    bool     // whether X/STEP is allowed
}

var allFields = [6]field{
	{name: "minutes", from: 0, to: 59, steps: true},
	{name: "hours", from: 0, to: 23, steps: true},
	{name: "day-of-month", from: 1, to: 31, steps: true},
	{
		name: "month", from: 1, to: 12, steps: true,
		names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"},
	},
	{name: "day-of-week", from: 1, to: 7, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
	{name: "year", from: 1970, to: 2199, steps: true},
}

var (
	nearestWeekday = regexp.MustCompile(`^([0-9]{1,2})W$`)
	lastWeekday    = regexp.MustCompile(`^([A-Za-z0-9]{1,3})L$`)
	nthWeekday     = regexp.MustCompile(`^([A-Za-z0-9]{1,3})#([1-5])$`)
)

// Expression is a parsed AWS cron expression. Each set is sorted and has no duplicates.
type Expression struct {
	Minutes, Hours, Months, Years []int
	Days                          Days
}

// Days reports whether a cron expression fires on a day of the calendar.
type Days func(year int, month time.Month, day int) bool

// Parse reads "minutes hours day-of-month month day-of-week year". It accepts exactly the wildcards that AWS documents for
// each field. oralake has its own parser because it must be strict and must always return: cron libraries search for the
// next time, and never return if there is none.
func Parse(expression string) (Expression, *yamlschema.Fault) {
	fields := strings.Fields(expression)
	if len(fields) != len(allFields) {
		return Expression{}, yamlschema.Faultf("write minutes hours day-of-month month day-of-week year, such as cron(0 4 * * ? *)",
			"cron(%s) has %d fields, not 6", yamlschema.Clipped(expression), len(fields))
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return Expression{}, yamlschema.Faultf("write ? in the one that does not matter, such as cron(0 4 * * ? *)",
			"cron(%s) does not have ? in exactly one of day-of-month and day-of-week, which AWS requires", yamlschema.Clipped(expression))
	}
	var sets [6][]int
	for i, f := range allFields {
		if i == 2 || i == 4 {
			continue
		}
		var bad *yamlschema.Fault
		if sets[i], bad = f.parse(fields[i]); bad != nil {
			return Expression{}, bad
		}
	}
	days, bad := parseDays(fields[2], fields[4])
	if bad != nil {
		return Expression{}, bad
	}
	e := Expression{Minutes: sets[0], Hours: sets[1], Months: sets[3], Years: sets[5], Days: days}
	if !e.fires() {
		return Expression{}, yamlschema.Faultf("choose a day that its months have", "cron(%s) never fires: the calendar has no such day",
			yamlschema.Clipped(expression))
	}
	return e, nil
}

// parse returns the sorted set of values that a field's text means.
func (f field) parse(text string) ([]int, *yamlschema.Fault) {
	var values []int
	for item := range strings.SplitSeq(text, ",") {
		more, ok := f.item(item)
		if !ok {
			fix := "write numbers from " + strconv.Itoa(f.from) + " to " + strconv.Itoa(f.to) + " as *, N, N-M or N,M"
			if f.steps {
				fix += ", each also with /STEP"
			}
			return nil, yamlschema.Faultf(fix, "cron's %s field cannot be %s", f.name, yamlschema.Quoted(text))
		}
		values = append(values, more...)
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

// item returns the values of one of the items that commas separate, such as 5, 2-4, * or */10.
func (f field) item(item string) (values []int, ok bool) {
	span, stepText, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		step, ok = small(stepText)
		if !ok || !f.steps || step < 1 || step > f.to {
			return nil, false
		}
	}
	from, to := f.from, f.to
	if span != "*" {
		first, last, ranged := strings.Cut(span, "-")
		if from, ok = f.value(first); !ok {
			return nil, false
		}
		switch {
		case ranged:
			if to, ok = f.value(last); !ok {
				return nil, false
			}
		case !stepped:
			to = from
		}
	}
	for v := from; v <= to; v += step {
		values = append(values, v)
	}
	return values, len(values) > 0
}

// value returns the value of a number, or of a name such as MON, and whether the field has it.
func (f field) value(text string) (int, bool) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.from + i, true
	}
	v, ok := small(text)
	return v, ok && v >= f.from && v <= f.to
}

// small reads a number of one to four digits. It refuses all other text.
func small(digits string) (int, bool) {
	if len(digits) == 0 || len(digits) > 4 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	v, err := strconv.Atoi(digits)
	return v, err == nil
}

// parseDays reads the two day fields, one of which is "?".
func parseDays(dayOfMonth, dayOfWeek string) (Days, *yamlschema.Fault) {
	if dayOfWeek == "?" {
		return parseDayOfMonth(dayOfMonth)
	}
	return parseDayOfWeek(dayOfWeek)
}

func parseDayOfMonth(text string) (Days, *yamlschema.Fault) {
	f := allFields[2]
	if text == "L" {
		return func(y int, m time.Month, d int) bool { return d == daysIn(y, m) }, nil
	}
	if w := nearestWeekday.FindStringSubmatch(text); w != nil {
		if day, ok := f.value(w[1]); ok {
			return func(y int, m time.Month, d int) bool { return day <= daysIn(y, m) && d == nearestTo(y, m, day) }, nil
		}
	}
	days, bad := f.parse(text)
	if bad != nil {
		bad.Fix += ", or L for the last day, or NW for the weekday nearest to N"
		return nil, bad
	}
	return func(_ int, _ time.Month, d int) bool { return slices.Contains(days, d) }, nil
}

// nearestTo returns the weekday of a month that is nearest to a day of the month. It is at most two days away, because it is
// always in the same month.
func nearestTo(year int, month time.Month, day int) int {
	switch time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == daysIn(year, month) {
			return day - 2
		}
		return day + 1
	default:
		return day
	}
}

func parseDayOfWeek(text string) (Days, *yamlschema.Fault) {
	f := allFields[4]
	weekday := func(y int, m time.Month, d int) int {
		return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday()) + f.from
	}
	if text == "L" {
		return func(y int, m time.Month, d int) bool { return weekday(y, m, d) == f.to }, nil
	}
	if last := lastWeekday.FindStringSubmatch(text); last != nil {
		if day, ok := f.value(last[1]); ok {
			return func(y int, m time.Month, d int) bool { return weekday(y, m, d) == day && d+7 > daysIn(y, m) }, nil
		}
	}
	if nth := nthWeekday.FindStringSubmatch(text); nth != nil {
		if day, ok := f.value(nth[1]); ok {
			n, _ := strconv.Atoi(nth[2]) // cannot fail: the pattern allows one digit
			return func(y int, m time.Month, d int) bool { return weekday(y, m, d) == day && (d-1)/7+1 == n }, nil
		}
	}
	days, bad := f.parse(text)
	if bad != nil {
		bad.Fix += ", or NL for the last such day of the month, or N#K for the K-th"
		return nil, bad
	}
	return func(y int, m time.Month, d int) bool { return slices.Contains(days, weekday(y, m, d)) }, nil
}

// FiresOn reports whether the expression fires on the day of a wall time, which is given as a time in UTC.
func (e Expression) FiresOn(wall time.Time) bool {
	return slices.Contains(e.Years, wall.Year()) && slices.Contains(e.Months, int(wall.Month())) &&
		e.Days(wall.Year(), wall.Month(), wall.Day())
}

// FiresAt reports whether the expression fires in the minute of a wall time, which is given as a time in UTC.
func (e Expression) FiresAt(wall time.Time) bool {
	return slices.Contains(e.Hours, wall.Hour()) && slices.Contains(e.Minutes, wall.Minute()) && e.FiresOn(wall)
}

// fires reports whether there is a day on which the expression fires.
func (e Expression) fires() bool {
	for _, year := range e.Years {
		for _, month := range e.Months {
			for day := 1; day <= daysIn(year, time.Month(month)); day++ {
				if e.Days(year, time.Month(month), day) {
					return true
				}
			}
		}
	}
	return false
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// The years in which LongestGap looks: 28 of them have every pattern of weekdays and leap days.
const (
	firstSampled = 2025
	lastSampled  = 2056
)

// LongestGap returns the longest time between a run and the next one, in times of the wall. It is 0 if there are fewer than two runs in
// the years that it looks at.
func (e Expression) LongestGap() time.Duration {
	var last time.Time
	var longest time.Duration
	note := func(at time.Time) {
		if !last.IsZero() {
			longest = max(longest, at.Sub(last))
		}
		last = at
	}
	for day := time.Date(firstSampled, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= lastSampled; day = day.AddDate(0, 0, 1) {
		if !e.FiresOn(day) {
			continue
		}
		for _, hour := range e.Hours {
			for _, minute := range e.Minutes {
				note(day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute))
			}
		}
	}
	return longest
}

// ShortestGap returns the shortest time between two runs on the same day, or on two consecutive days.
func (e Expression) ShortestGap() time.Duration {
	const day = 24 * 60
	var times []int
	for _, h := range e.Hours {
		for _, m := range e.Minutes {
			times = append(times, h*60+m)
		}
	}
	gap := day - times[len(times)-1] + times[0]
	for i := 1; i < len(times); i++ {
		gap = min(gap, times[i]-times[i-1])
	}
	return time.Duration(gap) * time.Minute
}
