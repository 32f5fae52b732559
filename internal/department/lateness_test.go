package department_test

import (
	"testing"

	"github.com/oralake/oralake/internal/department"
)

func TestLateAfterHours(t *testing.T) {
	const day, week = 24, 7 * 24
	for _, test := range []struct {
		schedule, zone string
		hours          int // 0 if the job is never late
	}{
		{"rate(1 hour)", "UTC", 1 + 2},
		{"rate(5 minutes)", "UTC", 3}, // 5 minutes and 2 hours, in whole hours
		{"rate(7 days)", "UTC", week + 12},
		{"cron(0 4 * * ? *)", "UTC", day + 6},
		{"cron(0 4,12 * * ? *)", "UTC", 16 + 4},
		{"cron(0 20 ? * MON-FRI *)", "UTC", 3*day + 12}, // over the weekend, and the time limit
		{"cron(0 4 ? * SUN *)", "UTC", week + 12},
		{"cron(0 4 1 * ? *)", "UTC", 31*day + 12},
		{"cron(0 4 L * ? *)", "UTC", 31*day + 12},
		{"cron(0 4 29 FEB ? *)", "UTC", (4*365+1)*day + 12},
		// At 02:00 there is no run on the last Sunday of March.
		{"cron(0 2 * * ? *)", "Europe/Berlin", 2*day + 12},
		{"cron(0 2 * * ? *)", "UTC", day + 6},
		{"at(2027-01-31T20:00:00)", "UTC", 0},
		{"cron(0 4 1 1 ? 2030)", "UTC", 0},
	} {
		d := &department.Department{Timezone: test.zone}
		hours, ok := d.LateAfterHours(department.Job{Schedule: test.schedule, TimeLimitHours: 12})
		if hours != test.hours || ok != (test.hours > 0) {
			t.Errorf("%s in %s: got %d, %t, want %d", test.schedule, test.zone, hours, ok, test.hours)
		}
	}
}
