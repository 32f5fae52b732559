package lake

// Unproven says which nulls of a row may stand for a value of the source: columns that are null in the row's last change, which
// is an update, and that had a value before or of which no earlier value is known. Either the update set the column to null, or
// the redo log lacks the column because the update did not change it.
type Unproven struct {
	Row     int      // the index of the row in Table.Rows
	Columns []string // in the order of Table.Columns
}

// unproven returns the columns of a row whose null is unproven. changes are the changes of the row in their order, and loaded is
// the row of the full load; nil if there is none.
func (m *merge) unproven(loaded *loadedRow, changes []changedRow) (columns []string) {
	last := changes[len(changes)-1]
	if last.op != "U" {
		return nil
	}
	// Since an insert, a load or a delete of the row, there are only updates. An insert and a load have all columns.
	start := len(changes) - 1
	for start >= 0 && changes[start].op == "U" {
		start--
	}
	var first []any
	known := false
	switch {
	case start < 0 && loaded != nil:
		first, known = loaded.values, true
	case start >= 0 && changes[start].op == "I":
		first, known = changes[start].values, true
	}
	for i, name := range m.columns {
		if valueOf(last.values, i) != nil {
			continue
		}
		hadValue := valueOf(first, i) != nil
		for _, c := range changes[start+1:] {
			hadValue = hadValue || valueOf(c.values, i) != nil
		}
		if hadValue || !known {
			columns = append(columns, name)
		}
	}
	return columns
}

// valueOf returns the value of a column. A row that is older than the column is shorter and has no value.
func valueOf(values []any, column int) any {
	if column >= len(values) {
		return nil
	}
	return values[column]
}
