package secondopinion

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/reugn/go-quartz/quartz"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department/cron"
)

// go-quartz accepts every expression that package cron accepts, and computes the same next time.
func TestCronAgreesWithQuartz(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := drawCron(t)
		c, bad := cron.Parse(expression)
		if bad != nil {
			t.Skip(bad.What) // such as a day that never comes: quartz searches for it without end
		}
		trigger, err := quartz.NewCronTrigger("0 " + expression)
		if err != nil {
			t.Fatalf("quartz refuses cron(%s): %v", expression, err)
		}
		from := time.Date(2026, 11, 22, 14, 7, 0, 0, time.UTC)
		want, ok := nextFire(c, from)
		if !ok {
			t.Skip("no more times after the date")
		}
		nanos, err := trigger.NextFireTime(from.UnixNano())
		if got := time.Unix(0, nanos).UTC(); err != nil || !got.Equal(want) {
			t.Errorf("cron(%s) fires next at %v by quartz (%v), at %v by us", expression, got, err, want)
		}
	})
}

// nextFire returns the first time of the expression after a time, in whole minutes.
func nextFire(c cron.Expression, after time.Time) (time.Time, bool) {
	for day := after.Truncate(24 * time.Hour); day.Year() < 2200; day = day.AddDate(0, 0, 1) {
		if !slices.Contains(c.Years, day.Year()) || !slices.Contains(c.Months, int(day.Month())) ||
			!c.Days(day.Year(), day.Month(), day.Day()) {
			continue
		}
		for _, h := range c.Hours {
			for _, m := range c.Minutes {
				at := day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
				if at.After(after) {
					return at, true
				}
			}
		}
	}
	return time.Time{}, false
}

// drawCron draws an expression that is mostly valid and that quartz evaluates correctly. quartz takes day 31 of a short
// month as the 1st of the next, and may search without end for L and #K in some months only.
func drawCron(t *rapid.T) string {
	field := func(label string, from, to int) string {
		number := rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(from, to).Draw(t, "n")) })
		a, b := number.Draw(t, label), number.Draw(t, label)
		forms := []string{"*", a, a + "," + b, a + "-" + b, a + "," + a + "-" + b}
		if label != "weekday" { // weekdays have no steps
			forms = append(forms, a+"-"+b+"/2")
		}
		if label != "weekday" && label != "day" {
			forms = append(forms, "*/"+a, a+"/"+b)
		}
		return rapid.SampledFrom(forms).Draw(t, label)
	}
	month, year := field("month", 1, 12), rapid.SampledFrom([]string{"*", "2026-2040", "2028,2032", "2027/3"}).Draw(t, "year")
	day, weekday := "?", "?"
	switch rapid.IntRange(0, 4).Draw(t, "days") {
	case 0:
		day = field("day", 1, 28)
	case 1:
		weekday = field("weekday", 1, 7)
	case 2:
		day, month, year = "L", "*", "*"
	case 3:
		day = strconv.Itoa(rapid.IntRange(1, 28).Draw(t, "day")) + "W"
		month, year = "*", "*"
	default:
		weekday = rapid.SampledFrom([]string{"1#1", "FRI#3", "7#5", "MONL", "6L", "L"}).Draw(t, "weekday")
		month, year = "*", "*"
	}
	return field("minutes", 0, 59) + " " + field("hours", 0, 23) + " " + day + " " + month + " " + weekday + " " + year
}
