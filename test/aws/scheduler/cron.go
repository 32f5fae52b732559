package scheduler

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cron is a cron expression of EventBridge Scheduler: minute, hour, day of month, month, day of week and year. next
// tests one day after the other. That is simple to check, and it takes microseconds for a year.
//
// The product also reads cron expressions, in internal/department. This package does not use that code, so that a test
// finds its mistakes.
type cron struct {
	zone                *time.Location
	minutes, hours      []int
	months, years       map[int]bool
	matchesDay          func(day time.Time) bool
	firstYear, lastYear int
}

// field is one of the six fields of a cron expression. Its values are min to max.
type field struct {
	name     string
	min, max int
	names    []string // names of the values, from min; only for months and days of the week
}

var (
	monthNames   = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	weekdayNames = strings.Fields("SUN MON TUE WED THU FRI SAT")

	minuteField  = field{name: "minute", max: 59}
	hourField    = field{name: "hour", max: 23}
	dayField     = field{name: "day of month", min: 1, max: 31}
	monthField   = field{name: "month", min: 1, max: 12, names: monthNames}
	weekdayField = field{name: "day of week", min: 1, max: 7, names: weekdayNames}
	yearField    = field{name: "year", min: 1970, max: 2199}
)

func parseCron(text string, zone *time.Location) (*cron, error) {
	parts := strings.Fields(text)
	if len(parts) != 6 {
		return nil, fmt.Errorf("a cron expression has 6 fields (minute, hour, day of month, month, day of week, year), not %d",
			len(parts))
	}
	if (parts[2] == "?") == (parts[4] == "?") {
		return nil, fmt.Errorf("exactly one of day of month and day of week must be ?")
	}
	c := &cron{zone: zone}
	var err error
	if c.minutes, err = minuteField.parse(parts[0]); err != nil {
		return nil, err
	}
	if c.hours, err = hourField.parse(parts[1]); err != nil {
		return nil, err
	}
	months, err := monthField.parse(parts[3])
	if err != nil {
		return nil, err
	}
	years, err := yearField.parse(parts[5])
	if err != nil {
		return nil, err
	}
	c.months, c.years = setOf(months), setOf(years)
	c.firstYear, c.lastYear = years[0], years[len(years)-1]
	if parts[4] == "?" {
		c.matchesDay, err = parseDay(parts[2])
	} else {
		c.matchesDay, err = parseWeekday(parts[4])
	}
	return c, err
}

func setOf(values []int) map[int]bool {
	set := map[int]bool{}
	for _, v := range values {
		set[v] = true
	}
	return set
}

// parse reads a list of values, ranges and steps. It returns the values in ascending order, each once.
func (f field) parse(text string) ([]int, error) {
	var all []int
	for item := range strings.SplitSeq(text, ",") {
		values, err := f.parseItem(item)
		if err != nil {
			return nil, err
		}
		all = append(all, values...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// parseItem reads *, A, A-B, */STEP, A/STEP or A-B/STEP. A/STEP means A to the field's maximum.
func (f field) parseItem(item string) ([]int, error) {
	span, stepText, stepped := strings.Cut(item, "/")
	from, to, step := f.min, f.max, 1
	if span != "*" {
		first, last, ranged := strings.Cut(span, "-")
		var err error
		if from, err = f.value(first); err != nil {
			return nil, err
		}
		switch {
		case ranged:
			if to, err = f.value(last); err != nil {
				return nil, err
			}
			if to < from {
				return nil, fmt.Errorf("%s %s: the range ends before it begins", f.name, span)
			}
		case !stepped:
			to = from
		}
	}
	if stepped {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > f.max {
			return nil, fmt.Errorf("%s %s: want a step from 1 to %d", f.name, item, f.max)
		}
	}
	var values []int
	for v := from; v <= to; v += step {
		values = append(values, v)
	}
	return values, nil
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.min + i, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < f.min || v > f.max || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("%s %q: want a value from %d to %d", f.name, text, f.min, f.max)
	}
	return v, nil
}

var (
	nearestForm = regexp.MustCompile(`^(\d+)W$`)
	lastForm    = regexp.MustCompile(`^(\w+)L$`)
	nthForm     = regexp.MustCompile(`^(\w+)#(\d+)$`)
)

// parseDay reads the day of month: values, L for the last day, or nW for the day from Monday to Friday that is nearest
// to day n in the same month.
func parseDay(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(day time.Time) bool { return day.Day() == lastOfMonth(day) }, nil
	}
	if m := nearestForm.FindStringSubmatch(text); m != nil {
		n, err := dayField.value(m[1])
		if err != nil {
			return nil, err
		}
		return func(day time.Time) bool { return day.Day() == nearestWeekday(day, n) }, nil
	}
	values, err := dayField.parse(text)
	if err != nil {
		return nil, err
	}
	return func(day time.Time) bool { return slices.Contains(values, day.Day()) }, nil
}

// parseWeekday reads the day of week, where 1 is Sunday: values, L for Saturday, nL for the last weekday n of the
// month, or n#k for the k-th weekday n of the month.
func parseWeekday(text string) (func(time.Time) bool, error) {
	if text == "L" {
		text = "7"
	}
	if m := lastForm.FindStringSubmatch(text); m != nil {
		n, err := weekdayField.value(m[1])
		if err != nil {
			return nil, err
		}
		return func(day time.Time) bool { return weekday(day) == n && day.Day()+7 > lastOfMonth(day) }, nil
	}
	if m := nthForm.FindStringSubmatch(text); m != nil {
		n, err := weekdayField.value(m[1])
		if err != nil {
			return nil, err
		}
		k, err := strconv.Atoi(m[2])
		if err != nil || k < 1 || k > 5 {
			return nil, fmt.Errorf("day of week %s: want #1 to #5", text)
		}
		return func(day time.Time) bool { return weekday(day) == n && (day.Day()-1)/7+1 == k }, nil
	}
	values, err := weekdayField.parse(text)
	if err != nil {
		return nil, err
	}
	return func(day time.Time) bool { return slices.Contains(values, weekday(day)) }, nil
}

func weekday(day time.Time) int { return int(day.Weekday()) + 1 }

func lastOfMonth(day time.Time) int {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWeekday returns the day from Monday to Friday that is nearest to day n in the same month. It returns 0 when
// the month has no day n.
func nearestWeekday(day time.Time, n int) int {
	last := lastOfMonth(day)
	if n > last {
		return 0
	}
	switch time.Date(day.Year(), day.Month(), n, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if n == 1 {
			return 3
		}
		return n - 1
	case time.Sunday:
		if n == last {
			return n - 2
		}
		return n + 1
	}
	return n
}

// next returns the first firing time after a moment, or the zero time when there is none.
func (c *cron) next(after time.Time) time.Time {
	shown := wallTime(after.In(c.zone))
	day := time.Date(shown.Year(), shown.Month(), shown.Day(), 0, 0, 0, 0, time.UTC)
	if day.Year() < c.firstYear {
		day = time.Date(c.firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	for day.Year() <= c.lastYear {
		switch {
		case !c.years[day.Year()]:
			day = time.Date(day.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
			continue
		case !c.months[int(day.Month())]:
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		case c.matchesDay(day):
			if t := c.onDay(day, shown, after); !t.IsZero() {
				return t
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// onDay returns the first firing time on a day that is later than after, or the zero time. shown is the wall time at
// after: earlier wall times have passed.
func (c *cron) onDay(day, shown, after time.Time) time.Time {
	for _, hour := range c.hours {
		for _, minute := range c.minutes {
			wall := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if !wall.After(shown) {
				continue
			}
			if t, exists := instant(wall, c.zone); exists && t.After(after) {
				return t
			}
		}
	}
	return time.Time{}
}
