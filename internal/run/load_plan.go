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

// planLoads applies the measurements of the check to this run: it splits the loads of tables with parallel: auto, and limits the
// LOBs of tables with lobMaxKB: auto. It writes a manifest for this run only, to the run's folder in the lake, because table
// mappings are too long for the run document. A run without such tables uses the department's manifest.
func (c Create) planLoads(ctx context.Context, log *slog.Logger, doc *Document, report oracle.Report) error {
	job, err := LoadJob(ctx, c.Documents, doc.Manifest, doc.Request.WholeJob())
	if err != nil {
		return err
	}
	plans, sentences := plansFor(job, report)
	for i, sentence := range sentences {
		if i < maxLogLines {
			log.Info("planned the load of a table", "task", "", "plan", sentence)
		}
		if len(doc.Check.Planned) < maxRecordedPlans {
			doc.Check.Planned = append(doc.Check.Planned, dms.Brief(sentence))
		}
	}
	if len(plans) == 0 {
		return nil
	}
	if job, err = job.WithLoadPlans(plans); err != nil {
		return err
	}
	own := RunObjectAddress(c.LakeBucket, doc, "manifest.json")
	err = documents.Write(ctx, c.Documents, own, manifest.Manifest{Department: c.Department, Jobs: []manifest.Job{job}})
	if err == nil {
		doc.Manifest = own
	}
	return err
}

// plansFor selects from a report the load plans of those tables of a job that ask for one, by SCHEMA.TABLE. sentences says for
// each such table what its plan is, or why it has none.
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

// planText says in a few words how a table is loaded.
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
