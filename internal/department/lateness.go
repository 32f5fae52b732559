package department

import (
	"math"
	"time"
)

// shortestAllowance is the least time that a run may take longer than the one before it, before its job counts as late.
const shortestAllowance = 2 * time.Hour

// LateAfterHours returns after how many hours without a success a job is late: the longest time between two runs of its schedule, and
// a quarter of it, at least two hours and at most the time limit of a run. ok is false for a job that runs once.
func (d *Department) LateAfterHours(j Job) (hours int, ok bool) {
	s, bad := parseSchedule(j.Schedule)
	if bad != nil || !s.at.IsZero() {
		return 0, false
	}
	gap := s.gap
	if s.cron != nil {
		gap = s.cron.LongestGap()
		if zone, err := time.LoadLocation(d.Timezone); err == nil && skipsRuns(s, zone) {
			gap *= 2 // On the day on which the clocks skip the time of a run there is none.
		}
	}
	if gap == 0 {
		return 0, false
	}
	allowance := max(shortestAllowance, min(gap/4, time.Duration(j.TimeLimitHours)*time.Hour))
	return int(math.Ceil((gap + allowance).Hours())), true
}

// skipsRuns reports whether the clocks of a zone skip a run of a schedule, in the years that show what they do.
func skipsRuns(s schedule, zone *time.Location) bool {
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, skip := range skips(zone, from, from.AddDate(12, 0, 0)) {
		if len(skip.missed(*s.cron)) > 0 {
			return true
		}
	}
	return false
}
