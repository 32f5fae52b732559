package verdict

// MarkDiffering fails a table (SCHEMA.TABLE) whose number of rows differs from that of its source. why has the numbers, for
// people.
func MarkDiffering(v *Verdict, table, why string) {
	v.MarkFailed(table, RowsDiffer, "differs from its source: "+why)
}

// MarkCounted notes that a table (SCHEMA.TABLE) has as many rows as its source, if it is good.
func MarkCounted(v *Verdict, table string) {
	v.markProof(table, Counted)
}
