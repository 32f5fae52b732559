package department

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department/cron"
	"github.com/oralake/oralake/internal/yamlschema"
)

// minutesPerWeek is the number of minutes in a week. A minute of the week counts from Sunday 00:00 UTC.
const minutesPerWeek = 7 * 24 * 60

// window is a weekly time in UTC.
type window struct {
	start  int // a minute of the week
	length int // minutes
}

const (
	// shortestWindow is the shortest maintenance window of DMS, in minutes (CreateReplicationInstance).
	shortestWindow = 30
	// loadMinutes is how long before a maintenance window a full load must start, so that it has probably ended.
	loadMinutes = 6 * 60
	// lateMinutes is how long DMS may need after the end of a window: the guide says that larger changes take longer.
	lateMinutes = 60
)

var (
	windowDays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	windowForm = regexp.MustCompile(`^(sun|mon|tue|wed|thu|fri|sat):([01][0-9]|2[0-3]):([0-5][0-9])-` +
		`(sun|mon|tue|wed|thu|fri|sat):([01][0-9]|2[0-3]):([0-5][0-9])$`)
)

// windowText describes maintenanceWindow.
func windowText() yamlschema.Text {
	return yamlschema.Text{
		Pattern: windowForm.String(), Form: "ddd:hh:mm-ddd:hh:mm in UTC", Example: "sun:15:00-sun:15:30",
		Tidy:  strings.ToLower,
		Check: checkWindow,
	}
}

func checkWindow(text string) *yamlschema.Fault {
	if w := parseWindow(text); w.length < shortestWindow {
		w.length = shortestWindow
		return yamlschema.Faultf("write "+w.String(), "the maintenance window %s is shorter than 30 minutes", text)
	}
	return nil
}

// parseWindow reads a maintenance window that matches windowForm. A window that ends on an earlier day of the week than it
// starts ends in the next week.
func parseWindow(text string) window {
	parts := windowForm.FindStringSubmatch(text)
	minute := func(day, hour, minute string) int {
		h, _ := strconv.Atoi(hour)   // cannot fail: the form allows only digits
		m, _ := strconv.Atoi(minute) // cannot fail: the form allows only digits
		return slices.Index(windowDays, day)*24*60 + h*60 + m
	}
	start := minute(parts[1], parts[2], parts[3])
	end := minute(parts[4], parts[5], parts[6])
	return window{start, weekMinute(end - start)}
}

// String returns the window as DMS writes it.
func (w window) String() string {
	at := func(minute int) string {
		minute = weekMinute(minute)
		return fmt.Sprintf("%s:%02d:%02d", windowDays[minute/(24*60)], minute/60%24, minute%60)
	}
	return at(w.start) + "-" + at(w.start+w.length)
}

// weekMinute returns a minute of the week for a number of minutes that may be less than 0 or more than a week.
func weekMinute(m int) int { return ((m % minutesPerWeek) + minutesPerWeek) % minutesPerWeek }

// runsInto reports whether a full load that starts at a minute of the week probably runs during the window.
func (w window) runsInto(start int) bool {
	return weekMinute(start-(w.start-loadMinutes)) < loadMinutes+w.length+lateMinutes
}

// firstYear and lastYear are the years whose calendar decides about maintenance windows. They are constants, so that the same
// file always gives the same template.
const firstYear, lastYear = 2027, 2029

// offsets returns the offsets of a zone from UTC, in minutes, the smallest first.
func offsets(zone *time.Location) []int {
	var all []int
	for t, end := time.Date(firstYear, 1, 1, 0, 0, 0, 0, zone), time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, zone); ; {
		_, seconds := t.Zone()
		all = append(all, seconds/60)
		if t = nextBound(t); t.IsZero() || !t.Before(end) {
			slices.Sort(all)
			return slices.Compact(all)
		}
	}
}

// startMinutes returns the minutes of the week at which a schedule fires. It returns none for a rate: a rate counts from the
// deploy.
func (s schedule) startMinutes(zone *time.Location) []int {
	var all []int
	switch {
	case s.cron != nil:
		ahead := offsets(zone)
		for _, weekday := range weekdaysOf(*s.cron) {
			for _, hour := range s.cron.Hours {
				for _, minute := range s.cron.Minutes {
					for _, offset := range ahead {
						all = append(all, weekMinute(weekday*24*60+hour*60+minute-offset))
					}
				}
			}
		}
	case !s.at.IsZero():
		at := time.Date(s.at.Year(), s.at.Month(), s.at.Day(), s.at.Hour(), s.at.Minute(), 0, 0, zone).UTC()
		all = append(all, int(at.Weekday())*24*60+at.Hour()*60+at.Minute())
	}
	return all
}

// weekdaysOf returns the days of the week on which an expression fires, from 0 for Sunday.
func weekdaysOf(e cron.Expression) []int {
	var on [7]bool
	for day := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= lastYear; day = day.AddDate(0, 0, 1) {
		on[day.Weekday()] = on[day.Weekday()] || e.FiresOn(day)
	}
	var all []int
	for weekday, fires := range on {
		if fires {
			all = append(all, weekday)
		}
	}
	return all
}

// loadStarts returns the minutes of the week at which the full loads of a job start by its schedule. It returns none for jobs
// that follow changes: DMS stops their tasks for maintenance and resumes them, and they lose nothing.
func (d *Department) loadStarts(j Job) []int {
	zone, err := time.LoadLocation(d.Timezone)
	s, bad := parseSchedule(j.Schedule)
	if j.Type.Continuous() || err != nil || bad != nil {
		return nil
	}
	return s.startMinutes(zone)
}

// freeWindow returns a window of 30 minutes that no full load's schedule runs into. It is the first one from Sunday 16:00 of
// the file's time zone on, in winter time: far from the nights, and the same as long as no schedule comes near it. found is
// false if there is none, because full loads start all day.
func (d *Department) freeWindow() (w window, found bool) {
	var starts []int
	for _, j := range d.Jobs {
		starts = append(starts, d.loadStarts(j)...)
	}
	first := 16 * 60
	if zone, err := time.LoadLocation(d.Timezone); err == nil {
		first -= offsets(zone)[0]
	}
	for later := 0; later < minutesPerWeek; later += shortestWindow {
		w = window{weekMinute(first + later), shortestWindow}
		if !slices.ContainsFunc(starts, w.runsInto) {
			return w, true
		}
	}
	return window{weekMinute(first), shortestWindow}, false
}

// applyMaintenanceWindow gives a department without a maintenance window a free one.
func applyMaintenanceWindow(d *Department) {
	if d.Replication.MaintenanceWindow == "" {
		w, _ := d.freeWindow()
		d.Replication.MaintenanceWindow = w.String()
	}
}

// maintenanceWarnings names the full loads whose schedules run into the maintenance window of the file. There is none if no
// other window is free: then nobody can do better.
func (d *Department) maintenanceWarnings() []Warning {
	free, found := d.freeWindow()
	w := parseWindow(d.Replication.MaintenanceWindow)
	var all []Warning
	for _, j := range d.Jobs {
		if found && slices.ContainsFunc(d.loadStarts(j), w.runsInto) {
			all = append(all, Warning{"maintenance", fmt.Sprintf("job %s starts full loads at %s (%s), which may still run in "+
				"replication.maintenanceWindow, %s UTC: DMS then restarts them; write another window, such as maintenanceWindow: %s",
				j.Name, j.Schedule, d.Timezone, w, free)})
		}
	}
	return all
}
