package department

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// shortestCDC is how often a CDC job may be looked after. Its task runs all the time; a run takes minutes when there is
// something to create or change.
const shortestCDC = 5 * time.Minute

var (
	scheduleForm = regexp.MustCompile(`^(cron|rate|at)\(([^()]*)\)$`)
	rateForm     = regexp.MustCompile(`^([1-9][0-9]{0,4}) +(minute|minutes|hour|hours|day|days)$`)
)

const scheduleExamples = "cron(0 2 * * ? *), rate(1 hour) or at(2027-01-31T20:00:00)"

// schedule is what an EventBridge Scheduler expression means for us.
type schedule struct {
	gap time.Duration // the shortest time from one run to the next; 0 when there is only one run
}

// parseSchedule checks an expression as EventBridge Scheduler does (schedule-types), and that it fires at all. Whether
// a date has passed is not asked: the same file must always give the same answer.
func parseSchedule(expression string) (schedule, *fault) {
	parts := scheduleForm.FindStringSubmatch(expression)
	if parts == nil && crontab.MatchString(expression) {
		return schedule{}, crontabFault(expression)
	}
	if parts == nil {
		return schedule{}, faultf("write "+scheduleExamples, "%s is not a schedule", quoted(expression))
	}
	switch parts[1] {
	case "rate":
		return parseRate(parts[2])
	case "at":
		return schedule{}, checkAt(parts[2])
	default:
		if crontab.MatchString(parts[2]) {
			return schedule{}, crontabFault(parts[2])
		}
		c, bad := parseCron(parts[2])
		if bad != nil {
			return schedule{}, bad
		}
		return schedule{gap: c.shortestGap()}, nil
	}
}

// crontab is the form of an expression of Unix's cron: minute, hour, day of the month, month, day of the week.
var crontab = regexp.MustCompile(`^ *([0-9*][0-9*,/-]* +){3}[0-9A-Za-z*][0-9A-Za-z*,/-]* +[0-9A-Za-z*][0-9A-Za-z*,/-]* *$`)

// crontabFault says how to write what Unix's cron takes. Only what does not choose days has a translation that surely
// means the same: AWS counts the days of the week from 1, and takes no two conditions on days.
func crontabFault(expression string) *fault {
	f := strings.Fields(expression)
	expression = strings.Join(f, " ")
	what := fmt.Sprintf("%s is an expression of Unix's cron, and AWS has another form", quoted(expression))
	if f[2] == "*" && f[4] == "*" {
		translated := strings.Join([]string{f[0], f[1], "*", f[3], "?", "*"}, " ")
		if _, bad := parseCron(translated); bad == nil {
			return &fault{what, "write cron(" + translated + ")"}
		}
	}
	return &fault{what, "write cron(minutes hours day-of-month month day-of-week year), with ? in the day that does not " +
		"matter and days of the week by their names, such as cron(0 2 ? * MON-FRI *)"}
}

func parseRate(rate string) (schedule, *fault) {
	parts := rateForm.FindStringSubmatch(rate)
	if parts == nil {
		return schedule{}, faultf("write a number from 1 to 99999 and minutes, hours or days, such as rate(12 hours)",
			"rate(%s) is not a rate", clipped(rate))
	}
	count, _ := strconv.Atoi(parts[1]) // the pattern leaves nothing to fail
	unit := strings.TrimSuffix(parts[2], "s")
	if want := plural(count, unit); parts[2] != want {
		return schedule{}, faultf("write rate("+parts[1]+" "+want+")",
			"rate(%s) is refused by AWS: 1 takes the singular, other numbers the plural", rate)
	}
	length := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[unit]
	return schedule{gap: time.Duration(count) * length}, nil
}

func plural(count int, unit string) string {
	if count == 1 {
		return unit
	}
	return unit + "s"
}

func checkAt(at string) *fault {
	const layout = "2006-01-02T15:04:05"
	if _, err := time.Parse(layout, at); err != nil || len(at) != len(layout) {
		return faultf("write a day and a time, such as at(2027-01-31T20:00:00); the zone is the file's timezone",
			"at(%s) is not a time that exists", clipped(at))
	}
	return nil
}

// checkSchedule is parseSchedule for a shape.
func checkSchedule(expression string) *fault {
	_, f := parseSchedule(expression)
	return f
}

// checkTimezone refuses what is not in the IANA database that is built into the program.
func checkTimezone(name string) *fault {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return faultf("write a name such as Europe/Berlin or UTC", "%s is not a time zone of the IANA database", quoted(name))
	}
	return nil
}
