package run

import (
	"context"
	"time"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/verdict"
)

// passGates compares each good table of a full load with what its gates allow and with what readers see of it. Tables that do not pass
// are held, or fail. Only the holder of the job's lease changes what readers see, so that stays until Publish comes.
func (r Record) passGates(ctx context.Context, doc *Document, judged []taskVerdict, files map[string]loadedFiles) error {
	type gated struct {
		task  int
		table verdict.Table
		load  verdict.Load
		err   error
	}
	var all []*gated
	for i, j := range judged {
		for _, t := range j.verdict.Tables {
			if _, loaded := files[t.String()]; loaded && t.Good && t.Gates != nil {
				all = append(all, &gated{task: i, table: t})
			}
		}
	}
	now := time.Now()
	inParallel(all, inventoriesAtOnce, func(g *gated) {
		g.load = verdict.Load{Rows: g.table.Statistics.Rows}
		if started := g.table.Statistics.LoadStartedAt; !started.IsZero() {
			g.load.Age = now.Sub(started)
		}
		seen, found, err := catalog.Find(ctx, r.Records, r.Table, g.table.Target())
		if g.err = err; found {
			g.load.Seen = &seen.Current.Rows
			g.load.Diff = catalog.Compare(seen.Current.Columns, files[g.table.String()].snapshot.Columns)
		}
	})
	for _, g := range all {
		if g.err != nil {
			return g.err
		}
		verdict.PassGates(&judged[g.task].verdict, g.table.String(), *g.table.Gates, g.load)
	}
	return nil
}
