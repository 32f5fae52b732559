package department

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department/cron"
	"github.com/oralake/oralake/internal/yamlschema"
)

// shortestCDC is the shortest time between two runs of a job that follows changes. Its task never stops, so more frequent
// runs have no purpose. A run that creates or modifies the task takes minutes.
const shortestCDC = 5 * time.Minute

var (
	scheduleForm = regexp.MustCompile(`^(cron|rate|at)\(([^()]*)\)$`)
	rateForm     = regexp.MustCompile(`^([1-9][0-9]{0,4}) +(minute|minutes|hour|hours|day|days)$`)
)

const scheduleExamples = "cron(0 4 * * ? *), rate(1 hour) or at(2027-01-31T20:00:00)"

// schedule is a parsed EventBridge Scheduler expression.
type schedule struct {
	gap  time.Duration    // the shortest time from one run to the next; 0 if there is only one run
	cron *cron.Expression // nil for a rate, and for a schedule that fires once
	at   time.Time        // the wall time, as a time in UTC, of a schedule that fires once; zero for others
}

// parseSchedule checks an expression as EventBridge Scheduler does (schedule-types). It also refuses an expression that
// never fires. It does not check whether a date is in the past, so the same file always gives the same result.
func parseSchedule(expression string) (schedule, *yamlschema.Fault) {
	parts := scheduleForm.FindStringSubmatch(expression)
	if parts == nil && crontab.MatchString(expression) {
		return schedule{}, crontabFault(expression)
	}
	if parts == nil {
		return schedule{}, yamlschema.Faultf("write "+scheduleExamples, "%s is not a schedule", yamlschema.Quoted(expression))
	}
	switch parts[1] {
	case "rate":
		return parseRate(parts[2])
	case "at":
		return parseAt(parts[2])
	default:
		if crontab.MatchString(parts[2]) {
			return schedule{}, crontabFault(parts[2])
		}
		c, bad := cron.Parse(parts[2])
		if bad != nil {
			return schedule{}, bad
		}
		return schedule{gap: c.ShortestGap(), cron: &c}, nil
	}
}

// crontab matches a Unix cron expression: minute, hour, day of the month, month, day of the week.
var crontab = regexp.MustCompile(`^ *([0-9*][0-9*,/-]* +){3}[0-9A-Za-z*][0-9A-Za-z*,/-]* +[0-9A-Za-z*][0-9A-Za-z*,/-]* *$`)

// crontabFault explains that an expression is a Unix cron expression, and how AWS writes it. It translates only expressions
// for every day. For others a translation is not certain: AWS counts the days of the week from 1, and allows a condition
// on only one of the two day fields.
func crontabFault(expression string) *yamlschema.Fault {
	f := strings.Fields(expression)
	expression = strings.Join(f, " ")
	what := fmt.Sprintf("%s is a Unix cron expression, not an AWS one", yamlschema.Quoted(expression))
	if f[2] == "*" && f[4] == "*" {
		translated := strings.Join([]string{f[0], f[1], "*", f[3], "?", "*"}, " ")
		if _, bad := cron.Parse(translated); bad == nil {
			return &yamlschema.Fault{What: what, Fix: "write cron(" + translated + ")"}
		}
	}
	return &yamlschema.Fault{What: what, Fix: "write cron(minutes hours day-of-month month day-of-week year), with ? in the day that does not " +
		"matter and days of the week by their names, such as cron(0 4 ? * MON-FRI *)"}
}

func parseRate(rate string) (schedule, *yamlschema.Fault) {
	parts := rateForm.FindStringSubmatch(rate)
	if parts == nil {
		return schedule{}, yamlschema.Faultf("write a number from 1 to 99999 and minutes, hours or days, such as rate(12 hours)",
			"rate(%s) is not a rate", yamlschema.Clipped(rate))
	}
	count, _ := strconv.Atoi(parts[1]) // cannot fail: the pattern allows only digits
	unit := strings.TrimSuffix(parts[2], "s")
	if want := yamlschema.Plural(count, unit); parts[2] != want {
		return schedule{}, yamlschema.Faultf("write rate("+parts[1]+" "+want+")",
			"AWS refuses rate(%s): the unit is singular after 1 and plural after other numbers", rate)
	}
	length := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[unit]
	return schedule{gap: time.Duration(count) * length}, nil
}

// atLayout is the layout of the time in at(...).
const atLayout = "2006-01-02T15:04:05"

func parseAt(at string) (schedule, *yamlschema.Fault) {
	wall, err := time.Parse(atLayout, at)
	if err != nil || len(at) != len(atLayout) {
		return schedule{}, yamlschema.Faultf("write a day and a time, such as at(2027-01-31T20:00:00); the zone is the file's timezone",
			"at(%s) is not a time that exists", yamlschema.Clipped(at))
	}
	return schedule{at: wall}, nil
}

// checkSchedule is the Check of a schedule.
func checkSchedule(expression string) *yamlschema.Fault {
	_, f := parseSchedule(expression)
	return f
}

// checkTimezone refuses a name that is not in the IANA database inside the program.
func checkTimezone(name string) *yamlschema.Fault {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return yamlschema.Faultf("write a name such as Europe/Berlin or UTC", "%s is not a time zone of the IANA database", yamlschema.Quoted(name))
	}
	return nil
}
