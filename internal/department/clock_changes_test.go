package department

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var november2026 = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// dated returns a department with one full load.
func dated(zone, schedule string) *Department {
	return &Department{
		Timezone: zone, Replication: Replication{EngineVersion: defaultEngine, MaintenanceWindow: "wed:12:00-wed:12:30"},
		Jobs: []Job{{Name: "nightly", Type: CDC, Schedule: schedule}},
	}
}

// A schedule that a clock change skips is named with its days. Neither the default schedule nor a run that takes place at
// the same moment in another hour is.
func TestClockWarnings(t *testing.T) {
	for name, test := range map[string]struct {
		zone, schedule string
		want           string // the days; empty for no warning
	}{
		"Berlin":                     {"Europe/Berlin", "cron(0 2 * * ? *)", "2027-03-28, 2028-03-26 and 2029-03-25"},
		"the last minute of the gap": {"Europe/Berlin", "cron(59 2 * * ? *)", "2027-03-28, 2028-03-26 and 2029-03-25"},
		"the end of the gap":         {"Europe/Berlin", "cron(0 3 * * ? *)", ""},
		"before the gap":             {"Europe/Berlin", "cron(59 1 * * ? *)", ""},
		"Helsinki":                   {"Europe/Helsinki", "cron(30 3 * * ? *)", "2027-03-28, 2028-03-26 and 2029-03-25"},
		"London":                     {"Europe/London", "cron(30 1 * * ? *)", "2027-03-28, 2028-03-26 and 2029-03-25"},
		"New York":                   {"America/New_York", "cron(0 2 * * ? *)", "2027-03-14, 2028-03-12 and 2029-03-11"},
		"midnight in Santiago":       {"America/Santiago", "cron(0 0 * * ? *)", "2027-09-05, 2028-09-03 and 2029-09-02"},
		"half an hour on Lord Howe":  {"Australia/Lord_Howe", "cron(15 2 * * ? *)", "2027-10-03, 2028-10-01 and 2029-10-07"},
		"after the half hour there":  {"Australia/Lord_Howe", "cron(45 2 * * ? *)", ""},
		"no summer time":             {"Asia/Kolkata", "cron(0 2 * * ? *)", ""},
		"UTC":                        {"UTC", "cron(0 2 * * ? *)", ""},
		"working days":               {"Europe/Berlin", "cron(0 2 ? * MON-FRI *)", ""},
		"one Sunday of the month":    {"Europe/Berlin", "cron(0 2 ? * 1L *)", "2027-03-28, 2028-03-26 and 2029-03-25"},
		"one year":                   {"Europe/Berlin", "cron(0 2 * * ? 2028)", "2028-03-26"},
		"every hour":                 {"Europe/Berlin", "cron(0 * * * ? *)", ""},
		"every ten minutes":          {"Europe/Berlin", "cron(0/10 * * * ? *)", ""},
		"every other hour":           {"Europe/Berlin", "cron(0 0/2 * * ? *)", "2027-03-28, 2028-03-26 and 2029-03-25"},
		"an interval":                {"Europe/Berlin", "rate(1 day)", ""},
		"the default":                {"Europe/Berlin", dailySchedule, ""},
		"a time after three years":   {"Europe/Berlin", "cron(0 2 * * ? 2030)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			all := dated(test.zone, test.schedule).Warnings(november2026)
			if test.want == "" {
				if len(all) > 0 {
					t.Errorf("warnings %v, want none", all)
				}
				return
			}
			if len(all) != 1 || all[0].Kind != "clock-change" || !strings.Contains(all[0].Text, " on "+test.want+": the clocks in "+test.zone) {
				t.Errorf("warnings %v, want one about %s", all, test.want)
			}
		})
	}
}

func TestClockWarningText(t *testing.T) {
	want := []Warning{{"clock-change", "job nightly does not run by its schedule cron(0 2 * * ? *) on 2027-03-28, 2028-03-26 and " +
		"2029-03-25: the clocks in Europe/Berlin skip that time, from 02:00 to 03:00; choose an earlier or a later time"}}
	if diff := cmp.Diff(want, dated("Europe/Berlin", "cron(0 2 * * ? *)").Warnings(november2026)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// In no zone of the world do the clocks skip the default schedule.
func TestDefaultScheduleIsNeverSkipped(t *testing.T) {
	zones := []string{
		"Europe/Berlin", "Europe/London", "Europe/Helsinki", "Europe/Lisbon", "Europe/Dublin", "Europe/Chisinau", "America/New_York",
		"America/Los_Angeles", "America/Anchorage", "America/Halifax", "America/St_Johns", "America/Havana", "America/Santiago",
		"America/Asuncion", "America/Nuuk", "America/Scoresbysund", "America/Miquelon", "Atlantic/Azores", "Africa/Cairo",
		"Africa/Casablanca", "Asia/Jerusalem", "Asia/Gaza", "Asia/Beirut", "Australia/Sydney", "Australia/Adelaide",
		"Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Easter", "Pacific/Norfolk", "Antarctica/Troll",
	}
	for _, zone := range zones {
		if all := dated(zone, dailySchedule).Warnings(november2026); len(all) > 0 {
			t.Errorf("%s: %v", zone, all)
		}
	}
}

// An old engine version is a warning.
func TestEngineWarning(t *testing.T) {
	d := dated("UTC", dailySchedule)
	d.Replication.EngineVersion = "3.5.4"
	if all := d.Warnings(november2026); len(all) != 1 || all[0].Kind != "engine" || !strings.Contains(all[0].Text, "engineVersion: 3.6.1") {
		t.Errorf("warnings %v, want one about the engine", all)
	}
}

// A zone whose file has only a rule, as files of Go's own database have, gives the same changes as one with all of them.
func TestSkipsOfARule(t *testing.T) {
	part := func(version string) string {
		counts := strings.Repeat("\x00\x00\x00\x00", 4) + "\x00\x00\x00\x01" + "\x00\x00\x00\x04" // one offset and its name
		return "TZif" + version + strings.Repeat("\x00", 15) + counts + "\x00\x00\x0e\x10\x00\x00" + "CET\x00"
	}
	zone, err := time.LoadLocationFromTZData("Rule", []byte(part("2")+part("2")+"\nCET-1CEST,M3.5.0,M10.5.0/3\n"))
	if err != nil {
		t.Fatal(err)
	}
	var days []string
	for _, s := range skips(zone, november2026, november2026.AddDate(3, 0, 0)) {
		days = append(days, s.start.Format("2006-01-02 15:04"))
	}
	if diff := cmp.Diff([]string{"2027-03-28 02:00", "2028-03-26 02:00", "2029-03-25 02:00"}, days); diff != "" {
		t.Errorf("skipped times (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{60, 120}, offsets(zone)); diff != "" {
		t.Errorf("offsets in minutes (-want +got):\n%s", diff)
	}
}
