package department

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/yamlschema"
)

// cronField is one of the six fields of an AWS cron expression.
type cronField struct {
	name     string
	from, to int
	names    []string // of from, from+1, ...
	steps    bool     // whether X/STEP is allowed
}

var cronFields = [6]cronField{
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

// cron is a parsed AWS cron expression. Each set is sorted and has no duplicates.
type cron struct {
	minutes, hours, months, years []int
	days                          cronDays
}

// cronDays reports whether a cron expression fires on a day.
type cronDays func(year int, month time.Month, day int) bool

// parseCron reads "minutes hours day-of-month month day-of-week year". It accepts exactly the wildcards that AWS documents
// for each field. oralake has its own parser because it must be strict and must always return: cron libraries search for
// the next time, and never return if there is none.
func parseCron(expression string) (cron, *yamlschema.Fault) {
	fields := strings.Fields(expression)
	if len(fields) != len(cronFields) {
		return cron{}, yamlschema.Faultf("write minutes hours day-of-month month day-of-week year, such as cron(0 2 * * ? *)",
			"cron(%s) has %d fields, not 6", yamlschema.Clipped(expression), len(fields))
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return cron{}, yamlschema.Faultf("write ? in the one that does not matter, such as cron(0 2 * * ? *)",
			"cron(%s) does not have ? in exactly one of day-of-month and day-of-week, which AWS requires", yamlschema.Clipped(expression))
	}
	var sets [6][]int
	for i, f := range cronFields {
		if i == 2 || i == 4 {
			continue
		}
		var bad *yamlschema.Fault
		if sets[i], bad = f.parse(fields[i]); bad != nil {
			return cron{}, bad
		}
	}
	days, bad := parseDays(fields[2], fields[4])
	if bad != nil {
		return cron{}, bad
	}
	c := cron{minutes: sets[0], hours: sets[1], months: sets[3], years: sets[5], days: days}
	if !c.fires() {
		return cron{}, yamlschema.Faultf("choose a day that its months have", "cron(%s) never fires: the calendar has no such day",
			yamlschema.Clipped(expression))
	}
	return c, nil
}

// parse returns the sorted set of values that a field's text means.
func (f cronField) parse(text string) ([]int, *yamlschema.Fault) {
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
func (f cronField) item(item string) (values []int, ok bool) {
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
func (f cronField) value(text string) (int, bool) {
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
func parseDays(dayOfMonth, dayOfWeek string) (cronDays, *yamlschema.Fault) {
	if dayOfWeek == "?" {
		return parseDayOfMonth(dayOfMonth)
	}
	return parseDayOfWeek(dayOfWeek)
}

func parseDayOfMonth(text string) (cronDays, *yamlschema.Fault) {
	f := cronFields[2]
	if text == "L" {
		return func(y int, m time.Month, d int) bool { return d == daysIn(y, m) }, nil
	}
	if w := nearestWeekday.FindStringSubmatch(text); w != nil {
		// If the month has the day, the weekday nearest to it is in the same month. So here only the day itself matters.
		if day, ok := f.value(w[1]); ok {
			return func(y int, m time.Month, d int) bool { return d == day && day <= daysIn(y, m) }, nil
		}
	}
	days, bad := f.parse(text)
	if bad != nil {
		bad.Fix += ", or L for the last day, or NW for the weekday nearest to N"
		return nil, bad
	}
	return func(_ int, _ time.Month, d int) bool { return slices.Contains(days, d) }, nil
}

func parseDayOfWeek(text string) (cronDays, *yamlschema.Fault) {
	f := cronFields[4]
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

// fires reports whether there is a day on which the expression fires.
func (c cron) fires() bool {
	for _, year := range c.years {
		for _, month := range c.months {
			for day := 1; day <= daysIn(year, time.Month(month)); day++ {
				if c.days(year, time.Month(month), day) {
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

// shortestGap returns the shortest time between two runs on the same day, or on two consecutive days.
func (c cron) shortestGap() time.Duration {
	const day = 24 * 60
	var times []int
	for _, h := range c.hours {
		for _, m := range c.minutes {
			times = append(times, h*60+m)
		}
	}
	gap := day - times[len(times)-1] + times[0]
	for i := 1; i < len(times); i++ {
		gap = min(gap, times[i]-times[i-1])
	}
	return time.Duration(gap) * time.Minute
}
