package department

import (
	"testing"
	"time"
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
