package lake

// share notes that two rows of the source seem to have a key in the lake, if the key has a timestamp. values are those of a row.
func (m *merge) share(key string, values []any) {
	if !m.timeKey || m.shared[key] != nil {
		return
	}
	for _, name := range m.keys {
		m.shared[key] = append(m.shared[key], valueOf(values, m.index[name]))
	}
}

// checkFit notes a key whose changes, in their order, cannot be those of one row: an insert of a row that exists, or another
// change of a row that was deleted. Copies of one change always fit.
func (m *merge) checkFit(key string, changes []changedRow) {
	if !m.timeKey {
		return
	}
	for i, c := range changes[1:] {
		before := changes[i]
		if before.first != c.first && (before.op == "D") != (c.op == "I") {
			m.share(key, c.values)
			return
		}
	}
}
