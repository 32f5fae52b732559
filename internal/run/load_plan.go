package run

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle"
)

// planLoads makes a manifest for this run alone, in which the tables that ask for it are split, and their LOBs limited, as the
// database calls for now. It lies beside the run, because table mappings are too long for a run's document. A run without
// such tables works from the department's manifest.
func (c Create) planLoads(ctx context.Context, log *slog.Logger, doc *Document, report oracle.Report) error {
	job, err := LoadJob(ctx, c.Documents, doc.Manifest, doc.Request.WholeJob())
	if err != nil {
		return err
	}
	plans, sentences := plansFor(job, report)
	for i, sentence := range sentences {
		if i < loggedLines {
			log.Info("planned", "task", "", "plan", sentence)
		}
		if len(doc.Check.Planned) < namedPlans {
			doc.Check.Planned = append(doc.Check.Planned, dms.Brief(sentence))
		}
	}
	if len(plans) == 0 {
		return nil
	}
	if job, err = job.WithLoadPlans(plans); err != nil {
		return err
	}
	own := runObject(c.LakeBucket, doc, "manifest.json")
	err = documents.Write(ctx, c.Documents, own, manifest.Manifest{Department: c.Department, Jobs: []manifest.Job{job}})
	if err == nil {
		doc.Manifest = own
	}
	return err
}

// plansFor takes from a report the plans that the tables of a job ask for, and a sentence for each.
func plansFor(job manifest.Job, report oracle.Report) (plans map[string]manifest.Plan, sentences []string) {
	split, measure := map[string]bool{}, map[string]bool{}
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			split[t.String()], measure[t.String()] = t.PlanParallelLoad, t.MeasureLOBs
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
		sentences = append(sentences, p.Table+" is loaded by "+planText(p))
	}
	for _, l := range report.LOBs {
		if !measure[l.Table] {
			continue
		}
		if l.MaxKB == 0 {
			sentences = append(sentences, fmt.Sprintf("%s: the limit of its LOBs is DMS's default: %s", l.Table, l.Why))
			continue
		}
		plan := plans[l.Table]
		plan.LOBMaxKB = max(plan.LOBMaxKB, l.MaxKB)
		plans[l.Table] = plan
		sentences = append(sentences, fmt.Sprintf("%s: LOBs of up to %d KB; the longest that was found has %d bytes",
			l.Table, l.MaxKB, l.LongestBytes))
	}
	return plans, sentences
}

// planText is a plan in a few words.
func planText(p oracle.Parallel) string {
	switch p.Type {
	case oracle.Ranges:
		return fmt.Sprintf("%d ranges of %s: %s", len(p.Boundaries)+1, strings.Join(p.Columns, ", "), p.Why)
	case oracle.PartitionsAuto:
		return "its partitions: " + p.Why
	default:
		return "one thread: " + p.Why
	}
}
