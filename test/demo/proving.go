package demo

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/demo/tablediff"
)

// prove rebuilds every changed table from its files and compares it with the source, row by row and column by column.
func (s *show) prove(ctx context.Context) error {
	f := s.following
	if f == nil {
		return nil
	}
	made, err := made(ctx, s.world.database, f.began)
	if err != nil {
		return err
	}
	r := s.report.CDC
	reader := lake.Reader{Objects: s.objects, Bucket: s.outputs["LakeBucket"], Timestamp: s.department.Lake.TimestampColumn}
	for _, t := range f.tables {
		columns, err := s.world.database.Columns(ctx, sourceTable(t))
		if err != nil {
			return err
		}
		there, err := reader.Read(ctx, folder(t), tablediff.Keys(columns)...)
		if err != nil {
			return err
		}
		d, err := tablediff.Compare(ctx, s.world.database, sourceTable(t), there)
		if err != nil {
			return err
		}
		r.Made += made[sourceTable(t)]
		r.Landed += there.Met.Changes
		r.WrittenTwice += there.Met.Duplicates
		r.Tables = append(r.Tables, ComparedTable{
			Table: t.String(), Rows: d.Rows, Missing: d.Missing, Extra: d.Extra, Changed: d.Changed, Example: d.Example,
		})
	}
	slices.Sort(f.took)
	r.CommitToFileSeconds = Spread{
		Least: s.onAWS(f.took[0]), Median: s.onAWS(f.took[len(f.took)/2]), Most: s.onAWS(f.took[len(f.took)-1]),
	}
	fmt.Fprintln(s.Out, "\nThe tables as a reader rebuilds them from these files, against the source, column by column:")
	w := tabwriter.NewWriter(s.Out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "TABLE\tROWS\tMISSING\tEXTRA\tCHANGED\t")
	for _, t := range r.Tables {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", t.Table, t.Rows, t.Missing, t.Extra, t.Changed)
	}
	w.Flush()
	fmt.Fprintf(s.Out, "%d changes made, %d landed.\n", r.Made, r.Landed)
	return nil
}
