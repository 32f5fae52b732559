package verdict

// MarkDiffering fails a table whose number of rows differs from that of its source. why says how.
func MarkDiffering(v *Verdict, table, why string) {
	v.MarkFailed(table, RowsDiffer, "differs from its source: "+why)
}
