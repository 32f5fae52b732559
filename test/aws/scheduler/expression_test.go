package scheduler_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/scheduler"
)

// firings returns the first n firing times after a local time in the zone, as local times with their offset from UTC.
func firings(t *testing.T, expression, zone, after string, n int) []string {
	t.Helper()
	e, err := scheduler.ParseExpression(expression, zone)
	if err != nil {
		t.Fatal(err)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", after, location)
	if err != nil {
		t.Fatal(err)
	}
	anchor := at
	var all []string
	for range n {
		if at = e.Next(at, anchor); at.IsZero() {
			break
		}
		all = append(all, at.In(location).Format("2006-01-02T15:04 Mon -07"))
	}
	return all
}

func TestNext(t *testing.T) {
	const berlin = "Europe/Berlin"
	tests := []struct {
		name, expression, zone, after string
		want                          []string // shorter when the expression has no more times
	}{
		{
			"every night, across the start of summer time", "cron(0 3 * * ? *)", berlin, "2027-03-27T00:00:00",
			[]string{"2027-03-27T03:00 Sat +01", "2027-03-28T03:00 Sun +02", "2027-03-29T03:00 Mon +02"},
		},
		{
			"a time that the clocks skip in spring does not fire", "cron(30 2 * * ? *)", berlin, "2027-03-27T00:00:00",
			[]string{"2027-03-27T02:30 Sat +01", "2027-03-29T02:30 Mon +02", "2027-03-30T02:30 Tue +02"},
		},
		{
			"a time that the clocks repeat in autumn fires once", "cron(30 2 * * ? *)", berlin, "2027-10-30T12:00:00",
			[]string{"2027-10-31T02:30 Sun +02", "2027-11-01T02:30 Mon +01"},
		},
		{
			"every half hour in autumn", "cron(0/30 * * * ? *)", berlin, "2027-10-31T01:15:00",
			[]string{
				"2027-10-31T01:30 Sun +02", "2027-10-31T02:00 Sun +02", "2027-10-31T02:30 Sun +02", "2027-10-31T03:00 Sun +01",
			},
		},
		{
			"a zone of the southern hemisphere", "cron(0 2 * * ? *)", "Australia/Lord_Howe", "2027-10-02T00:00:00",
			[]string{"2027-10-02T02:00 Sat +10", "2027-10-04T02:00 Mon +11"},
		},
		{
			"working days", "cron(0 18 ? * MON-FRI *)", "UTC", "2027-01-01T12:00:00",
			[]string{"2027-01-01T18:00 Fri +00", "2027-01-04T18:00 Mon +00"},
		},
		{
			"the last day", "cron(0 0 L * ? *)", "UTC", "2028-01-15T00:00:00",
			[]string{"2028-01-31T00:00 Mon +00", "2028-02-29T00:00 Tue +00", "2028-03-31T00:00 Fri +00"},
		},
		{
			"the weekday nearest to the 1st stays in the month", "cron(0 9 1W * ? *)", "UTC", "2027-04-15T00:00:00",
			[]string{"2027-05-03T09:00 Mon +00", "2027-06-01T09:00 Tue +00"},
		},
		{
			"the weekday nearest to the 31st needs a month with 31 days", "cron(0 9 31W * ? *)", "UTC", "2027-01-01T00:00:00",
			[]string{"2027-01-29T09:00 Fri +00", "2027-03-31T09:00 Wed +00"},
		},
		{
			"the last Friday", "cron(0 9 ? * 6L *)", "UTC", "2027-01-01T00:00:00",
			[]string{"2027-01-29T09:00 Fri +00", "2027-02-26T09:00 Fri +00"},
		},
		{
			"a fifth Monday, in some months", "cron(0 9 ? 1,3 2#5 *)", "UTC", "2027-01-30T00:00:00",
			[]string{"2027-03-29T09:00 Mon +00", "2028-01-31T09:00 Mon +00"},
		},
		{
			"leap days", "cron(0 0 29 2 ? *)", "UTC", "2027-01-01T00:00:00",
			[]string{"2028-02-29T00:00 Tue +00", "2032-02-29T00:00 Sun +00"},
		},
		{"no such day", "cron(0 0 30 2 ? *)", "UTC", "2027-01-01T00:00:00", nil},
		{"a year in the past", "cron(0 0 1 1 ? 2026)", "UTC", "2027-01-01T00:00:00", nil},
		{
			"some years", "cron(0 0 1 1 ? 2030-2199/100)", "UTC", "2027-01-01T00:00:00",
			[]string{"2030-01-01T00:00 Tue +00", "2130-01-01T00:00 Sun +00"},
		},
		{
			"a list", "cron(5,1-3,50/4 7 ? * L *)", "UTC", "2027-01-01T00:00:00",
			[]string{
				"2027-01-02T07:01 Sat +00", "2027-01-02T07:02 Sat +00", "2027-01-02T07:03 Sat +00", "2027-01-02T07:05 Sat +00",
				"2027-01-02T07:50 Sat +00", "2027-01-02T07:54 Sat +00", "2027-01-02T07:58 Sat +00", "2027-01-09T07:01 Sat +00",
			},
		},
		{
			"a day of a rate is 24 hours", "rate(1 day)", berlin, "2027-03-27T12:00:00",
			[]string{"2027-03-28T13:00 Sun +02", "2027-03-29T13:00 Mon +02"},
		},
		{"once", "at(2027-03-28T03:15:00)", berlin, "2027-03-28T00:00:00", []string{"2027-03-28T03:15 Sun +02"}},
		{"once, in the past", "at(2027-03-28T03:15:00)", berlin, "2027-03-28T04:00:00", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := firings(t, test.expression, test.zone, test.after, max(len(test.want), 1))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s after %s (-want +got):\n%s", test.expression, test.after, diff)
			}
		})
	}
}

func TestRateBeginsAtItsAnchor(t *testing.T) {
	e, err := scheduler.ParseExpression("rate(5 minutes)", "")
	if err != nil {
		t.Fatal(err)
	}
	anchor := time.Date(2027, 1, 1, 10, 2, 0, 0, time.UTC)
	for after, want := range map[time.Duration]time.Duration{
		-time.Hour: 0, -1: 0, 0: 5 * time.Minute, 4 * time.Minute: 5 * time.Minute, 5 * time.Minute: 10 * time.Minute,
	} {
		if got := e.Next(anchor.Add(after), anchor).Sub(anchor); got != want {
			t.Errorf("after %s: got %s, want %s", after, got, want)
		}
	}
}

func TestInvalidExpressions(t *testing.T) {
	tests := map[string]string{ // a part of the error, by expression
		"cron(0 2 * * * *)":           "exactly one of day of month and day of week must be ?",
		"cron(0 2 ? * ? *)":           "exactly one of day of month and day of week must be ?",
		"cron(0 2 1 * MON *)":         "exactly one of day of month and day of week must be ?",
		"cron(0 2 * * ?)":             "6 fields",
		"cron(0 0 2 * * ? *)":         "6 fields",
		"cron(60 2 * * ? *)":          `minute "60": want a value from 0 to 59`,
		"cron(61,70 2 * * ? *)":       `minute "61": want a value from 0 to 59`,
		"cron(? 2 * * ? *)":           `minute "?"`,
		"cron(0 24 * * ? *)":          `hour "24": want a value from 0 to 23`,
		"cron(0 2 0 * ? *)":           `day of month "0"`,
		"cron(0 2 32W * ? *)":         `day of month "32"`,
		"cron(0 2 L-3 * ? *)":         `day of month "L"`,
		"cron(0 2 * 13 ? *)":          `month "13"`,
		"cron(0 2 * FEBRUARY ? *)":    `month "FEBRUARY"`,
		"cron(0 2 ? * 0 *)":           `day of week "0": want a value from 1 to 7`,
		"cron(0 2 ? * 2#6 *)":         "want #1 to #5",
		"cron(0 2 ? * FRI-MON *)":     "the range ends before it begins",
		"cron(0 2 * * ? 1969)":        `year "1969": want a value from 1970 to 2199`,
		"cron(0/0 2 * * ? *)":         "want a step from 1 to 59",
		"cron(0,,5 2 * * ? *)":        `minute ""`,
		"cron(+5 2 * * ? *)":          `minute "+5"`,
		"rate(0 minutes)":             "positive number",
		"rate(5 seconds)":             "want cron(",
		"rate(999999999 days)":        "longer than 292 years",
		"rate(-1 hours)":              "want cron(",
		"at(2027-02-30T00:00:00)":     "want at(yyyy-mm-ddThh:mm:ss)",
		"at(2027-03-28)":              "want at(yyyy-mm-ddThh:mm:ss)",
		"at(2027-03-28T02:30:00)":     "the clocks in Europe/Berlin skip that time",
		"every day":                   "want cron(",
		"":                            "want cron(",
		"cron(0 2 * * ? *) and again": "want cron(",
	}
	for expression, want := range tests {
		_, err := scheduler.ParseExpression(expression, "Europe/Berlin")
		if err == nil {
			t.Errorf("%s: got no error", expression)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, want it to contain %q", expression, err, want)
		}
	}
	for _, zone := range []string{"Local", "Mars/Olympus", "../etc/passwd"} {
		if _, err := scheduler.ParseExpression("rate(1 day)", zone); err == nil {
			t.Errorf("time zone %s: got no error", zone)
		}
	}
}

// Next returns exactly the minutes that match a cron expression. The test finds them by a check of every minute.
func TestNextAgainstEveryMinute(t *testing.T) {
	zones := []string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "America/Santiago",
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		minutes, minuteText := subset(t, "minute", 0, 59)
		hours, hourText := subset(t, "hour", 0, 23)
		weekdays, weekdayText := subset(t, "weekday", 1, 7)
		e, err := scheduler.ParseExpression("cron("+minuteText+" "+hourText+" ? * "+weekdayText+" *)", zone)
		if err != nil {
			t.Fatal(err)
		}
		// Half of the draws begin near a change of the clocks in Berlin, New York, Cairo or on Lord Howe Island.
		day := rapid.SampledFrom([]string{
			"2027-03-28", "2027-10-31", "2027-03-14", "2027-11-07", "2027-04-30", "2027-10-29", "2027-04-04", "2027-10-03",
			"2027-09-05", "2027-06-15", "2028-02-28", "2027-12-31",
		}).Draw(t, "day")
		begin, err := time.Parse("2006-01-02", day)
		if err != nil {
			t.Fatal(err)
		}
		at := begin.Add(time.Duration(rapid.IntRange(-1440, 1440).Draw(t, "offset")) * time.Minute)
		end := at.Add(2 * 24 * time.Hour)

		want := []time.Time{}
		seen := map[int64]bool{} // wall times, from 4 hours before, to recognize a repeated one
		for m := at.Add(-4 * time.Hour); m.Before(end); m = m.Add(time.Minute) {
			local := m.In(location)
			_, offset := local.Zone()
			wall := m.Unix() + int64(offset)
			matches := minutes[local.Minute()] && hours[local.Hour()] && weekdays[int(local.Weekday())+1]
			if matches && !seen[wall] && m.After(at) {
				want = append(want, m)
			}
			seen[wall] = true
		}
		got := []time.Time{}
		for next := e.Next(at, at); !next.IsZero() && next.Before(end); next = e.Next(next, at) {
			got = append(got, next.UTC())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s in %s from %s (-want +got):\n%s", e, zone, at, diff)
		}
	})
}

// Next returns exactly the days of five years that match the day fields.
func TestNextAgainstEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months, monthText := subset(t, "month", 1, 12)
		dayText, weekdayText := "?", "?"
		var matches func(day time.Time) bool
		switch rapid.SampledFrom([]string{"days", "last", "nearest", "weekdays", "last weekday", "nth"}).Draw(t, "kind") {
		case "days":
			var days map[int]bool
			days, dayText = subset(t, "day", 1, 31)
			matches = func(day time.Time) bool { return days[day.Day()] }
		case "last":
			dayText = "L"
			matches = func(day time.Time) bool { return day.AddDate(0, 0, 1).Day() == 1 }
		case "nearest":
			n := rapid.IntRange(1, 31).Draw(t, "n")
			dayText = text(n) + "W"
			matches = func(day time.Time) bool { return nearest(day, n) }
		case "weekdays":
			var weekdays map[int]bool
			weekdays, weekdayText = subset(t, "weekday", 1, 7)
			matches = func(day time.Time) bool { return weekdays[int(day.Weekday())+1] }
		case "last weekday":
			n := rapid.IntRange(1, 7).Draw(t, "n")
			weekdayText = text(n) + "L"
			matches = func(day time.Time) bool {
				return int(day.Weekday())+1 == n && day.AddDate(0, 0, 7).Month() != day.Month()
			}
		case "nth":
			n, k := rapid.IntRange(1, 7).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "k")
			weekdayText = text(n) + "#" + text(k)
			matches = func(day time.Time) bool {
				return int(day.Weekday())+1 == n && day.AddDate(0, 0, -7*(k-1)).Month() == day.Month() &&
					day.AddDate(0, 0, -7*k).Month() != day.Month()
			}
		}
		e, err := scheduler.ParseExpression("cron(0 12 "+dayText+" "+monthText+" "+weekdayText+" *)", "UTC")
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Date(2024+rapid.IntRange(0, 20).Draw(t, "year"), 1, 1, 12, 0, 0, 0, time.UTC)
		end := begin.AddDate(5, 0, 0)
		want, got := []string{}, []string{}
		for day := begin.AddDate(0, 0, 1); day.Before(end); day = day.AddDate(0, 0, 1) {
			if months[int(day.Month())] && matches(day) {
				want = append(want, day.Format("2006-01-02 Mon"))
			}
		}
		for next := e.Next(begin, begin); !next.IsZero() && next.Before(end); next = e.Next(next, begin) {
			got = append(got, next.Format("2006-01-02 Mon"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", e, diff)
		}
	})
}

// nearest reports whether day is the day from Monday to Friday that is nearest to the n-th of its month, in the same
// month.
func nearest(day time.Time, n int) bool {
	first := time.Date(day.Year(), day.Month(), 1, 12, 0, 0, 0, time.UTC)
	if first.AddDate(0, 0, n-1).Month() != day.Month() {
		return false
	}
	for _, distance := range []int{0, -1, 1, -2, 2} {
		candidate := first.AddDate(0, 0, n-1+distance)
		weekend := candidate.Weekday() == time.Saturday || candidate.Weekday() == time.Sunday
		if candidate.Month() == day.Month() && !weekend {
			return candidate.Equal(day)
		}
	}
	return false
}

func text(n int) string { return strconv.Itoa(n) }

// subset draws a cron field and the set of its values: all, a step, a range or a list.
func subset(t *rapid.T, name string, low, high int) (map[int]bool, string) {
	set := map[int]bool{}
	add := func(from, to, step int) {
		for v := from; v <= to; v += step {
			set[v] = true
		}
	}
	a := rapid.IntRange(low, high).Draw(t, name)
	b := rapid.IntRange(a, high).Draw(t, name+" end")
	step := rapid.IntRange(1, high).Draw(t, name+" step")
	switch rapid.SampledFrom([]string{"all", "step", "range", "list"}).Draw(t, name+" form") {
	case "all":
		add(low, high, 1)
		return set, "*"
	case "step":
		add(a, high, step)
		return set, text(a) + "/" + text(step)
	case "range":
		add(a, b, step)
		return set, text(a) + "-" + text(b) + "/" + text(step)
	}
	add(a, a, 1)
	add(b, b, 1)
	return set, text(b) + "," + text(a)
}
