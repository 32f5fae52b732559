package run

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle"
)

// plan has the run work from a manifest of its own, in which the tables that ask for it are split, and their LOBs limited,
// as the database calls for now. It lies beside the run, since mappings are too long for a run's document. A run that
// plans nothing works from the department's manifest.
func (c Create) plan(ctx context.Context, log *slog.Logger, run *Document, report oracle.Report) error {
	if run.Type.Continuous() {
		return nil // Its task lives on from run to run.
	}
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request.whole())
	if err != nil {
		return err
	}
	plans, words := plansFor(job, report)
	for i, w := range words {
		if i < loggedLines {
			log.Info("planned", "task", "", "plan", w)
		}
		if len(run.Check.Planned) < namedPlans {
			run.Check.Planned = append(run.Check.Planned, dms.Brief(w))
		}
	}
	if len(plans) == 0 {
		return nil
	}
	if job, err = job.Planned(plans); err != nil {
		return err
	}
	own, err := c.runObjectKey(run, "manifest.json")
	if err != nil {
		return err
	}
	if err := write(ctx, c.Objects, own, manifest.Manifest{Department: c.Department, Jobs: []manifest.Job{job}}); err != nil {
		return err
	}
	run.Manifest = ManifestAddress(own)
	return nil
}

// plansFor takes from a report what the tables of a job ask for, with a sentence for each.
func plansFor(job manifest.Job, report oracle.Report) (plans map[string]manifest.Plan, words []string) {
	split, measure := map[string]bool{}, map[string]bool{}
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			split[t.String()], measure[t.String()] = t.Split, t.Measure
		}
	}
	plans = map[string]manifest.Plan{}
	for _, p := range report.Parallel {
		if !split[p.Table] {
			continue
		}
		switch p.Type {
		case oracle.PartitionsAuto:
			plans[p.Table] = manifest.Plan{Parallel: &department.Parallel{Type: p.Type}}
		case oracle.Ranges:
			plans[p.Table] = manifest.Plan{
				Parallel: &department.Parallel{Type: p.Type, Columns: p.Columns, Boundaries: p.Boundaries},
			}
		}
		words = append(words, p.Table+" is loaded by "+inBrief(p))
	}
	for _, l := range report.LOBs {
		if !measure[l.Table] {
			continue
		}
		if l.MaxKB == 0 {
			words = append(words, fmt.Sprintf("%s: the limit of its LOBs is DMS's default: %s", l.Table, l.Why))
			continue
		}
		plan := plans[l.Table]
		plan.LOBMaxKB = max(plan.LOBMaxKB, l.MaxKB)
		plans[l.Table] = plan
		words = append(words, fmt.Sprintf("%s: LOBs of up to %d KB; the longest that was found has %d bytes",
			l.Table, l.MaxKB, l.LongestBytes))
	}
	return plans, words
}

// inBrief is a plan in a few words.
func inBrief(p oracle.Parallel) string {
	switch p.Type {
	case oracle.Ranges:
		return fmt.Sprintf("%d ranges of %s: %s", len(p.Boundaries)+1, strings.Join(p.Columns, ", "), p.Why)
	case oracle.PartitionsAuto:
		return "its partitions: " + p.Why
	default:
		return "one thread: " + p.Why
	}
}
