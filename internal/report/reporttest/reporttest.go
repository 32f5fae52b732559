// Package reporttest makes histories of departments for tests of the report.
package reporttest

import (
	"fmt"
	"math"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/records"
)

// Now is the time of all histories: a morning in Berlin.
var Now = time.Date(2026, 12, 1, 6, 7, 0, 0, time.UTC)

const zone = "Europe/Berlin"

// New is the history of a department in which no run has ended.
func New() operator.History {
	h := history(7)
	h.add(operator.JobStatus{Job: "daily-orders", Type: department.FullLoad, Tables: 3, Schedule: daily(3)})
	return h.History
}

// Quiet is the history of a week in which all was good, and the loads took seconds.
func Quiet() operator.History {
	h := history(7)
	h.nightly("daily-orders", 3, 7, func(night, table int) (minutes float64, rows int64) {
		return float64(4+3*table) / 60, int64(1500 * (table + 1))
	})
	return h.History
}

// Busy is the history of a week with a held table, a load that failed, a run that took long, and a job that follows changes and was
// behind. Names and reasons have what HTML must escape.
func Busy() operator.History {
	h := history(7)
	orders := h.nightly("daily-orders", 3, 7, func(night, table int) (float64, int64) {
		return float64(6+4*table) * (1 + float64(night%3)/10), int64(6_001_215/(table+1) + night*1000)
	})
	last := &orders.Loads[len(orders.Loads)-3]
	last.Held, last.Rows = true, 0
	why := "it has 0 rows, and readers see 6001215: that is more than maxDropPercent, 50, fewer"
	h.bad("daily-orders", operator.BadTable{Table: last.Table, Held: []string{why}, Reason: "it is held, and readers keep what they see: " + why})

	parts := h.nightly("daily-parts", 5, 7, func(night, table int) (float64, int64) {
		if night == 6 {
			return float64(20 + table), 200
		}
		return float64(8 + table), 200
	})
	failed := &parts.Loads[len(parts.Loads)-12]
	failed.Good, failed.Ended, failed.Rows = false, false, 0
	run := &parts.Runs[len(parts.Runs)-3]
	run.Outcome, run.Reason = "PARTIAL", failed.Table+": ORA-01555: snapshot too old: <rollback> segment & \"name\""
	parts.Troubles = append(parts.Troubles, operator.Trouble{Table: failed.Table, Run: run.Run.Run, At: run.StartedAt, Reason: run.Reason})

	h.follow("live-customers", 24*7)
	return h.History
}

// Large is the history of a department with so many tables in tasks of 50, loaded in each of so many nights, and of a job that follows
// changes.
func Large(tables, nights int) operator.History {
	h := history(nights)
	h.nightly("warehouse", tables, nights, func(night, table int) (float64, int64) {
		return 0.2 + 40*math.Exp(-float64(table%50)/6), int64(1_000_000 / (table + 1))
	})
	h.follow("live-customers", 24*nights)
	return h.History
}

// builder builds a history.
type builder struct{ operator.History }

func history(days int) *builder {
	return &builder{operator.History{
		Days: days, From: Now.AddDate(0, 0, -days), Timezone: zone,
		Status: operator.Status{
			Department: "sales", Stack: "oralake-sales", At: Now, Instance: dms.Instance{Name: "oralake-sales-18fe58", Status: "available"},
		},
	}}
}

func (h *builder) add(s operator.JobStatus) *operator.JobHistory {
	h.Status.Jobs = append(h.Status.Jobs, s)
	h.Jobs = append(h.Jobs, operator.JobHistory{Job: s.Job, Type: s.Type, Timezone: zone})
	return &h.Jobs[len(h.Jobs)-1]
}

func daily(hour int) *operator.Schedule {
	next := time.Date(Now.Year(), Now.Month(), Now.Day()+1, hour, 0, 0, 0, time.UTC)
	return &operator.Schedule{Expression: fmt.Sprintf("cron(0 %d * * ? *)", hour+1), Timezone: zone, Next: &next}
}

// nightly adds a job that loads its tables each night, in tasks of at most 50 tables, eight at a time. load says how long the load of a
// table takes, and how many rows it has.
func (h *builder) nightly(job string, tables, nights int, load func(night, table int) (minutes float64, rows int64)) *operator.JobHistory {
	j := h.add(operator.JobStatus{Job: job, Type: department.FullLoad, Tables: tables, Schedule: daily(3)})
	for night := range nights {
		start := time.Date(Now.Year(), Now.Month(), Now.Day()-nights+1+night, 3, 0, 0, 0, time.UTC)
		run := operator.PastRun{Run: operator.Run{
			Run: fmt.Sprintf("%s-%02d", job, night), Job: job, Outcome: records.Succeeded, Proof: "footers", StartedAt: start,
		}}
		end := start
		for first := 0; first < tables; first += 50 {
			var free [8]time.Time
			for i := range free {
				free[i] = start.Add(4 * time.Minute)
			}
			for table := first; table < min(tables, first+50); table++ {
				minutes, rows := load(night, table)
				slot := table % len(free)
				l := operator.Load{
					Table: nameOf(job, table), Task: fmt.Sprintf("oralake-sales-%s-%d", job, first/50+1),
					Start: free[slot], End: free[slot].Add(time.Duration(minutes * float64(time.Minute))), Ended: true, Rows: rows, Bytes: 30 * rows,
					Good: true,
				}
				free[slot] = l.End
				j.Loads = append(j.Loads, l)
				run.Rows, run.Bytes = run.Rows+rows, run.Bytes+l.Bytes
				if l.End.After(end) {
					end = l.End
				}
			}
		}
		run.Seconds = end.Add(time.Minute).Sub(start).Seconds()
		j.Runs = append(j.Runs, run)
	}
	h.Status.Jobs[len(h.Status.Jobs)-1].LastRun = &j.Runs[len(j.Runs)-1].Run
	return j
}

// names are the tables of the small jobs.
var names = map[string][]string{
	"daily-orders": {"SALES.ORDERS", "SALES.LINEITEM", "SALES.CUSTOMER"},
	"daily-parts":  {"SALES.PART", "SALES.PARTSUPP", "SALES.SUPPLIER", "SALES.NATION", "SALES.REGION"},
}

func nameOf(job string, table int) string {
	if known := names[job]; table < len(known) {
		return known[table]
	}
	return fmt.Sprintf("WAREHOUSE.FACTS_%04d", table+1)
}

// bad makes a table of a job not good in its last run.
func (h *builder) bad(job string, t operator.BadTable) {
	for i := range h.Status.Jobs {
		s := &h.Status.Jobs[i]
		if s.Job != job {
			continue
		}
		run := &h.Jobs[i].Runs[len(h.Jobs[i].Runs)-1]
		t.Run, t.Since = run.Run.Run, run.StartedAt
		run.Outcome, run.Reason = "PARTIAL", t.Table+": "+t.Reason
		s.Bad = append(s.Bad, t)
		h.Jobs[i].Troubles = append(h.Jobs[i].Troubles, operator.Trouble{
			Table: t.Table, Run: t.Run, At: t.Since, Held: len(t.Held) > 0, Reason: t.Reason,
		})
		h.Status.Needs = append(h.Status.Needs,
			operator.Need{Kind: operator.FailedRun, Job: job, Run: t.Run, Text: "its last run is PARTIAL: " + run.Reason, Do: "oralake explain " + t.Run},
			operator.Need{
				Kind: operator.TableNotGood, Job: job, Table: t.Table, Run: t.Run, Text: t.Reason,
				Do: fmt.Sprintf("if the load is right, oralake publish %s %s; otherwise mend the source, then oralake run %[1]s --tables %[2]s", job, t.Table),
			})
	}
}

// follow adds a job that follows changes, with so many values of its lag: an hour of each is far behind, and some are lacking.
func (h *builder) follow(job string, values int) {
	next := Now.Add(59 * time.Minute)
	run := operator.Run{Run: job + "-1", Job: job, Outcome: records.Succeeded, Proof: "reported", StartedAt: Now.Add(-time.Minute), Seconds: 20}
	hours, until := 20.5, Now.Add(1230*time.Minute)
	j := h.add(operator.JobStatus{
		Job: job, Type: department.FullLoadAndCDC, Tables: 1, LastRun: &run, LagSeconds: new(4.2),
		Schedule: &operator.Schedule{Expression: "rate(1 hour)", Timezone: zone, Next: &next},
		RedoDeadline: &records.RedoDeadline{
			Hours: &hours, Until: &until, MeasuredAt: &Now, Text: "the task may stand still for 20.5 hours",
		},
	})
	j.Runs = []operator.PastRun{{Run: run}}
	j.LagPeriod, j.BatchSeconds = 3600, 60
	from := Now.Truncate(time.Hour).Add(-time.Duration(values-1) * time.Hour)
	for i := range values {
		if i%40 == 17 {
			continue
		}
		seconds := 3 + 2*math.Sin(float64(i)/4)
		if i%50 == 30 {
			seconds = 1500
		}
		j.Lag = append(j.Lag, operator.Lag{At: from.Add(time.Duration(i) * time.Hour), Seconds: math.Round(10*seconds) / 10, Measured: i%3 > 0})
	}
}
