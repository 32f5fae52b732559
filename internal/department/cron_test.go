package department

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/reugn/go-quartz/quartz"
	"pgregory.net/rapid"
)

func TestParseSchedule(t *testing.T) {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	for expression, want := range map[string]time.Duration{
		"cron(0 2 * * ? *)":            minutes(24 * 60),
		"cron(0/5 * * * ? *)":          minutes(5),
		"cron(0,2 3 1 1 ? *)":          minutes(2),
		"cron(0,59 0,23 * * ? *)":      minutes(1), // 23:59 and 00:00
		"cron(15 10 ? * MON-FRI *)":    minutes(24 * 60),
		"cron(15 10 ? * 6L 2027)":      minutes(24 * 60),
		"cron(0 8 ? jan-mar,12 2#1 *)": minutes(24 * 60),
		"cron(0 8 L * ? *)":            minutes(24 * 60),
		"cron(0 8 29 2 ? *)":           minutes(24 * 60), // in leap years
		"cron(0 8 15W * ? 2027/2)":     minutes(24 * 60),
		"cron(0 8 ? 2 1#5 *)":          minutes(24 * 60), // five Sundays in February: 2032
		"cron(10-30/10 8-9 1 * ? *)":   minutes(10),
		"rate(1 minute)":               minutes(1),
		"rate(36 hours)":               minutes(36 * 60),
		"rate(7 days)":                 minutes(7 * 24 * 60),
		"at(2027-02-28T23:59:59)":      0,
	} {
		got, bad := parseSchedule(expression)
		if bad != nil || got.gap != want {
			t.Errorf("parseSchedule(%q) = %v, %v; want a gap of %v", expression, got.gap, bad, want)
		}
	}
}

func TestParseScheduleRefuses(t *testing.T) {
	for _, expression := range []string{
		"", "daily", "cron()", "cron(0 2 * * ?)", "cron(0 2 * * ? * *)", "Cron(0 2 * * ? *)", " cron(0 2 * * ? *)",
		"cron(0 2 * * * *)", "cron(0 2 ? * ? *)", "cron(0 2 1 * 1 *)", // the day fields
		"cron(60 2 * * ? *)", "cron(0 24 * * ? *)", "cron(0 2 0 * ? *)", "cron(0 2 32 * ? *)", "cron(0 2 * 13 ? *)",
		"cron(0 2 ? * 0 *)", "cron(0 2 ? * 8 *)", "cron(0 2 * * ? 1969)", "cron(0 2 * * ? 2200)", // out of range
		"cron(? 2 * * ? *)", "cron(0 2 * ? ? *)", "cron(0 22-2 * * ? *)", "cron(1,,2 2 * * ? *)", "cron(*/0 2 * * ? *)",
		"cron(-1 2 * * ? *)", "cron(+1 2 * * ? *)", "cron(1-2-3 2 * * ? *)", "cron(1/2/3 2 * * ? *)", "cron(99999 2 * * ? *)",
		"cron(0 2 L-3 * ? *)", "cron(0 2 LW * ? *)", "cron(0 2 1,15W * ? *)", "cron(0 2 32W * ? *)", "cron(0 2 ? * 2#0 *)",
		"cron(0 2 ? * 2#6 *)", "cron(0 2 ? * 9#1 *)", "cron(0 2 ? * 1/2 *)", "cron(0 2 ? * 8L *)", "cron(0 2 ? * 3#1,6#3 *)",
		"cron(0 2 30 2 ? *)", "cron(0 2 31 2,4,6,9,11 ? *)", "cron(0 2 29 2 ? 2027)", "cron(0 2 ? 2 2#5 2027)",
		"cron(0 2 31W 2 ? *)",
		"rate()", "rate(1 hours)", "rate(2 hour)", "rate(0 minutes)", "rate(01 hour)", "rate(1.5 hours)", "rate(1 week)",
		"rate(100000 days)", "rate(-1 hours)",
		"at()", "at(2027-02-29T00:00:00)", "at(2027-01-01)", "at(2027-01-01T24:00:00)", "at(2027-01-01T00:00:00Z)",
		"at(2027-01-01T00:00:00.5)", "at(2027-1-1T00:00:00)",
	} {
		if got, bad := parseSchedule(expression); bad == nil {
			t.Errorf("parseSchedule(%q) = %v, want an error", expression, got)
		} else if bad.What == "" || bad.Fix == "" {
			t.Errorf("the error of parseSchedule(%q) has no reason or no fix: %+v", expression, bad)
		}
	}
}

// An independent implementation accepts every expression that parseCron accepts, and computes the same next time.
func TestCronAgreesWithQuartz(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := drawCron(t)
		c, bad := parseCron(expression)
		if bad != nil {
			t.Skip(bad.What) // such as a day that does not exist, for which quartz would search without end
		}
		trigger, err := quartz.NewCronTrigger("0 " + expression)
		if err != nil {
			t.Fatalf("quartz refuses cron(%s): %v", expression, err)
		}
		from := time.Date(2026, 11, 22, 14, 7, 0, 0, time.UTC)
		want, ok := c.next(from)
		if !ok {
			t.Skip("no more fires after the date")
		}
		nanos, err := trigger.NextFireTime(from.UnixNano())
		if got := time.Unix(0, nanos).UTC(); err != nil || !got.Equal(want) {
			t.Errorf("cron(%s): quartz says the next time is %v (%v), oralake says %v", expression, got, err, want)
		}
	})
}

// next returns the first time after a given time at which the expression fires, to the minute.
func (c cron) next(after time.Time) (time.Time, bool) {
	for day := after.Truncate(24 * time.Hour); day.Year() < 2200; day = day.AddDate(0, 0, 1) {
		if !slices.Contains(c.years, day.Year()) || !slices.Contains(c.months, int(day.Month())) ||
			!c.days(day.Year(), day.Month(), day.Day()) {
			continue
		}
		for _, h := range c.hours {
			for _, m := range c.minutes {
				at := day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
				if at.After(after) {
					return at, true
				}
			}
		}
	}
	return time.Time{}, false
}

// drawCron draws an expression that is usually valid. It avoids two defects of quartz: quartz reads day 31 of a short month
// as the 1st of the next month, and with L or #K in only some months it may search without end.
func drawCron(t *rapid.T) string {
	field := func(label string, i int) string {
		f := cronFields[i]
		to := f.to
		if f.name == "day-of-month" {
			to = 28
		}
		number := rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(f.from, to).Draw(t, "n")) })
		a, b := number.Draw(t, label), number.Draw(t, label)
		forms := []string{"*", a, a + "," + b, a + "-" + b, a + "," + a + "-" + b}
		if f.steps {
			forms = append(forms, a+"-"+b+"/2")
		}
		if f.steps && to == f.to {
			forms = append(forms, "*/"+a, a+"/"+b)
		}
		return rapid.SampledFrom(forms).Draw(t, label)
	}
	month, year := field("month", 3), rapid.SampledFrom([]string{"*", "2026-2040", "2028,2032", "2027/3"}).Draw(t, "year")
	day, weekday := "?", "?"
	switch rapid.IntRange(0, 3).Draw(t, "days") {
	case 0:
		day = field("day", 2)
	case 1:
		weekday = field("weekday", 4)
	case 2:
		day, month, year = "L", "*", "*"
	default:
		weekday = rapid.SampledFrom([]string{"1#1", "FRI#3", "7#5", "MONL", "6L", "L"}).Draw(t, "weekday")
		month, year = "*", "*"
	}
	return field("minutes", 0) + " " + field("hours", 1) + " " + day + " " + month + " " + weekday + " " + year
}
