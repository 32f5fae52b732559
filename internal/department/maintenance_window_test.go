package department

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseWindow(t *testing.T) {
	for text, want := range map[string]window{
		"sun:00:00-sun:00:30": {0, 30},
		"sat:23:45-sun:00:15": {7*24*60 - 15, 30},
		"mon:08:00-fri:09:00": {32 * 60, 4*24*60 + 60},
		"wed:12:00-wed:12:00": {84 * 60, 0},
	} {
		if got := parseWindow(text); got != want || got.String() != text {
			t.Errorf("parseWindow(%s) = %+v (%s), want %+v", text, got, got, want)
		}
	}
}

// loads returns a department with full loads at these schedules.
func loads(zone string, schedules ...string) *Department {
	d := &Department{Timezone: zone, Replication: Replication{EngineVersion: defaultEngine}}
	for _, s := range schedules {
		d.Jobs = append(d.Jobs, Job{Name: "load", Type: FullLoad, Schedule: s})
	}
	return d
}

// The default is Sunday afternoon in the file's time zone, or the next time that is far from the full loads.
func TestDefaultMaintenanceWindow(t *testing.T) {
	for name, test := range map[string]struct {
		zone      string
		schedules []string
		want      string
	}{
		"the default schedule":  {"UTC", []string{dailySchedule}, "sun:16:00-sun:16:30"},
		"winter time in Berlin": {"Europe/Berlin", []string{dailySchedule}, "sun:15:00-sun:15:30"},
		"India":                 {"Asia/Kolkata", []string{dailySchedule}, "sun:10:30-sun:11:00"},
		"another day of UTC":    {"Pacific/Auckland", []string{dailySchedule}, "sun:04:00-sun:04:30"},
		"a load before it":      {"UTC", []string{"cron(0 14 ? * SUN *)"}, "sun:20:30-sun:21:00"},
		"a load at its end":     {"UTC", []string{"cron(30 16 ? * SUN *)"}, "sun:23:00-sun:23:30"},
		"a load in summer time": {"Europe/Berlin", []string{"cron(0 11 ? * SUN *)"}, "sun:16:30-sun:17:00"},
		"two loads":             {"UTC", []string{"cron(0 14 * * ? *)", "cron(0 20 * * ? *)"}, "mon:02:30-mon:03:00"},
		"once, on that Sunday":  {"UTC", []string{"at(2027-01-31T15:00:00)"}, "sun:21:30-sun:22:00"},
		"an interval":           {"UTC", []string{"rate(12 hours)"}, "sun:16:00-sun:16:30"},
		"every hour":            {"UTC", []string{"cron(0 * * * ? *)"}, "sun:16:00-sun:16:30"},
	} {
		t.Run(name, func(t *testing.T) {
			d := loads(test.zone, test.schedules...)
			applyMaintenanceWindow(d)
			if got := d.Replication.MaintenanceWindow; got != test.want {
				t.Errorf("window %s, want %s", got, test.want)
			}
			if all := d.Warnings(november2026); len(all) > 0 {
				t.Errorf("warnings about the default: %v", all)
			}
		})
	}
}

// A window of the file that full loads run into is a warning with a better one, if there is a better one.
func TestMaintenanceWarnings(t *testing.T) {
	d := loads("Europe/Berlin", dailySchedule)
	for text, warned := range map[string]bool{
		"mon:02:00-mon:02:30": true, // summer time: 04:00 is 02:00 UTC
		"mon:01:00-mon:01:30": true, // it may take an hour longer
		"mon:03:00-mon:03:30": true, // winter time
		"mon:08:30-mon:09:00": true, // 04:00 in winter, and a load takes hours
		"mon:09:30-mon:10:00": false,
		"mon:00:00-mon:00:30": false,
		"mon:00:00-mon:04:00": true,
	} {
		d.Replication.MaintenanceWindow = text
		all := d.Warnings(november2026)
		if got := len(all) == 1 && all[0].Kind == "maintenance" && strings.Contains(all[0].Text, "maintenanceWindow: sun:15:00-sun:15:30"); got != warned {
			t.Errorf("%s: warnings %v, want one: %v", text, all, warned)
		}
	}
	always := loads("UTC", "cron(0 * * * ? *)")
	always.Replication.MaintenanceWindow = "mon:02:00-mon:02:30"
	if all := always.Warnings(november2026); len(all) > 0 {
		t.Errorf("warnings %v, but no window is better", all)
	}
	following := loads("UTC", dailySchedule)
	following.Jobs[0].Type, following.Replication.MaintenanceWindow = CDC, "mon:05:00-mon:05:30"
	if all := following.Warnings(november2026); len(all) > 0 {
		t.Errorf("warnings %v about a job that follows changes", all)
	}
}

// A window that is proposed is one that no start runs into, for any schedules.
func TestFreeWindowIsFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"}).Draw(t, "zone")
		schedules := rapid.SliceOfN(rapid.SampledFrom([]string{
			dailySchedule, "cron(0 20 * * ? *)", "cron(0 12 ? * SUN *)", "cron(0/30 8-18 ? * MON-FRI *)", "cron(15 10 L * ? *)", "rate(1 day)",
		}), 1, 4).Draw(t, "schedules")
		d := loads(zone, schedules...)
		w, found := d.freeWindow()
		if !found {
			return
		}
		for _, j := range d.Jobs {
			if starts := d.loadStarts(j); slices.ContainsFunc(starts, w.runsInto) {
				t.Fatalf("a load at %s runs into %s", j.Schedule, w)
			}
		}
	})
}
