package cron

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// NW is the weekday that is nearest to day N, in the same month.
func TestNearestWeekday(t *testing.T) {
	for day, want := range map[string][]int{
		"1W":  {3},  // 1 August 2026 is a Saturday
		"2W":  {3},  // and 2 August a Sunday
		"14W": {14}, // a Friday
		"15W": {14},
		"30W": {31},
		"31W": {31},
	} {
		if diff := cmp.Diff(want, daysOf(t, day, 2026, time.August)); diff != "" {
			t.Errorf("%s in August 2026 (-want +got):\n%s", day, diff)
		}
	}
	if diff := cmp.Diff([]int{29}, daysOf(t, "31W", 2026, time.May)); diff != "" { // 31 May 2026 is a Sunday
		t.Errorf("31W in May 2026 (-want +got):\n%s", diff)
	}
	if got := daysOf(t, "31W", 2026, time.June); len(got) > 0 {
		t.Errorf("31W in June is on %v, want no day", got)
	}
}

// daysOf returns the days of a month on which an expression with this day of the month fires.
func daysOf(t *testing.T, dayOfMonth string, year int, month time.Month) (all []int) {
	t.Helper()
	e, bad := Parse("0 2 " + dayOfMonth + " * ? *")
	if bad != nil {
		t.Fatalf("Parse with day %s: %s", dayOfMonth, bad.What)
	}
	for day := 1; day <= daysIn(year, month); day++ {
		if e.Days(year, month, day) {
			all = append(all, day)
		}
	}
	return all
}
