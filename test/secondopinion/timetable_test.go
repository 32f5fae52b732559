package secondopinion

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/scheduler"
)

// The times that the command line announces are those at which the embedded Scheduler fires, whatever the clocks of the zone do.
func TestTimetableAgreesWithScheduler(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := rapid.SampledFrom([]string{
			"cron(0 4 * * ? *)", "cron(30 2 * * ? *)", "cron(0/20 0/3 ? * MON-FRI *)", "cron(15 1 L * ? *)", "cron(0 5 ? * 2#1 *)",
			"rate(7 hours)", "at(2027-03-27T02:30:00)",
		}).Draw(t, "schedule")
		zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata"}).Draw(t, "zone")
		own, err := department.NewTimetable(expression, zone)
		if err != nil {
			t.Fatal(err)
		}
		other, err := scheduler.ParseExpression(expression, zone)
		if err != nil {
			t.Fatal(err)
		}
		created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		at := created.Add(time.Duration(rapid.Int64Range(0, 800*24*60).Draw(t, "minutes")) * time.Minute)
		for range 5 {
			got, want := own.Next(at, created), other.Next(at, created)
			if !got.Equal(want) {
				t.Fatalf("after %v comes %v, and for Scheduler %v", at, got, want)
			}
			if at = want; at.IsZero() {
				return
			}
		}
	})
}
