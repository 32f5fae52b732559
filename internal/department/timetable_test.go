package department

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNextTimes(t *testing.T) {
	const layout = "2006-01-02 15:04 MST"
	created := time.Date(2026, 11, 30, 11, 50, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		zone, schedule string
		after          time.Time
		want           []string
	}{
		"every night": {
			"Europe/Berlin", "cron(0 4 * * ? *)", november2026,
			[]string{"2026-12-01 04:00 CET", "2026-12-02 04:00 CET", "2026-12-03 04:00 CET"},
		},
		"a moment itself is not after it": {
			"UTC", "cron(0 12 * * ? *)", november2026, []string{"2026-12-01 12:00 UTC", "2026-12-02 12:00 UTC", "2026-12-03 12:00 UTC"},
		},
		"the day in the zone, not in UTC": {
			"Asia/Tokyo", "cron(30 1 * * ? *)", time.Date(2026, 11, 30, 15, 45, 0, 0, time.UTC),
			[]string{"2026-12-01 01:30 JST", "2026-12-02 01:30 JST", "2026-12-03 01:30 JST"},
		},
		"a time that the clocks skip": {
			"Europe/Berlin", "cron(30 2 * * ? *)", time.Date(2027, 3, 27, 0, 0, 0, 0, time.UTC),
			[]string{"2027-03-27 02:30 CET", "2027-03-29 02:30 CEST", "2027-03-30 02:30 CEST"},
		},
		"a time that the clocks repeat": {
			"Europe/Berlin", "cron(30 2 * * ? *)", time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC),
			[]string{"2026-10-25 02:30 CEST", "2026-10-26 02:30 CET", "2026-10-27 02:30 CET"},
		},
		"half an hour on Lord Howe": {
			"Australia/Lord_Howe", "cron(45 1 * * ? *)", time.Date(2027, 4, 3, 0, 0, 0, 0, time.UTC),
			[]string{"2027-04-04 01:45 +11", "2027-04-05 01:45 +1030", "2027-04-06 01:45 +1030"},
		},
		"the last Sunday of a month": {
			"UTC", "cron(0 4 ? * 1L *)", november2026, []string{"2026-12-27 04:00 UTC", "2027-01-31 04:00 UTC", "2027-02-28 04:00 UTC"},
		},
		"years that end": {"UTC", "cron(0 4 31 12 ? 2026)", november2026, []string{"2026-12-31 04:00 UTC"}},
		"once":           {"Europe/Berlin", "at(2027-01-31T20:00:00)", november2026, []string{"2027-01-31 20:00 CET"}},
		"once, and over": {"UTC", "at(2026-01-31T20:00:00)", november2026, nil},
		"a rate": {
			"Europe/Berlin", "rate(1 hour)", november2026, []string{"2026-11-30 13:50 CET", "2026-11-30 14:50 CET", "2026-11-30 15:50 CET"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := NewTimetable(test.schedule, test.zone)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, at := range table.NextTimes(test.after, created, 3) {
				got = append(got, at.Format(layout))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
		})
	}
}

// A rate whose beginning is not known has a length, and no times.
func TestRateWithoutABeginning(t *testing.T) {
	table, err := NewTimetable("rate(12 hours)", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := table.NextTimes(november2026, time.Time{}, 5); table.Every() != 12*time.Hour || len(got) > 0 {
		t.Errorf("every %v, times %v; want 12h and none", table.Every(), got)
	}
}

func TestTimetableRefuses(t *testing.T) {
	for _, wrong := range [][2]string{{"daily", "UTC"}, {"cron(0 4 * * ? *)", "Mars/Olympus"}} {
		if _, err := NewTimetable(wrong[0], wrong[1]); err == nil {
			t.Errorf("schedule %s in %s: no error", wrong[0], wrong[1])
		}
	}
}

// The last moment until a time is before the next one after it, and no moment lies between.
func TestLastAndNextAreNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := rapid.SampledFrom([]string{
			"cron(0 4 * * ? *)", "cron(30 2 * * ? *)", "cron(0/20 0/3 ? * MON-FRI *)", "cron(0 5 1 * ? *)", "rate(7 hours)",
		}).Draw(t, "schedule")
		zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"}).Draw(t, "zone")
		table, err := NewTimetable(expression, zone)
		if err != nil {
			t.Fatal(err)
		}
		created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		at := created.Add(time.Duration(rapid.Int64Range(40*24*60, 600*24*60).Draw(t, "minutes")) * time.Minute)
		last, next := table.Last(at, created), table.Next(at, created)
		if last.After(at) || !next.After(at) || last.IsZero() {
			t.Fatalf("at %v: last %v, next %v", at, last, next)
		}
		if got := table.Next(last, created); !got.Equal(next) {
			t.Fatalf("after %v comes %v, and after %v comes %v", last, got, at, next)
		}
	})
}

// A count is that of the moments that come one after the other; a rate has one for each gap.
func TestCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schedule := rapid.SampledFrom([]string{
			"cron(0 4 * * ? *)", "cron(30 2 * * ? *)", "cron(0/20 8-17 ? * MON-FRI *)", "cron(0 5 L * ? *)", "cron(0 0 1 1 ? 2028)", "at(2027-03-01T10:00:00)",
			"rate(25 minutes)", "rate(3 days)",
		}).Draw(t, "schedule")
		zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Pacific/Apia"}).Draw(t, "zone")
		after := november2026.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "minutes")) * time.Minute)
		until := after.Add(time.Duration(rapid.IntRange(0, 60*24*60).Draw(t, "length")) * time.Minute)
		table, err := NewTimetable(schedule, zone)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for at := table.Next(after, after); !at.IsZero() && !at.After(until); at = table.Next(at, after) {
			want++
		}
		if got := table.Count(after, until); got != want {
			t.Fatalf("%s in %s has %d moments from %s to %s, want %d", schedule, zone, got, after, until, want)
		}
	})
}
