package oracle

import (
	"slices"
	"strings"
)

// checkSplits checks the ranges and partitions by which the file splits loads. DMS reports none of these mistakes: it leaves the
// rows out.
func (c *checker) checkSplits(found dictionary) {
	for _, t := range c.tables {
		d := found[t.key()]
		if d == nil {
			continue
		}
		if len(t.RangeColumns) > 0 && !c.lost[queryColumns.name] {
			c.checkRanges(t, d)
		}
		if len(t.Partitions) > 0 && !c.lost[queryPartitions.name] {
			c.checkPartitions(t, d.partitions)
		}
	}
}

func (c *checker) checkRanges(t Table, d *tableInfo) {
	fix := "parallel: auto"
	if c.needs.CDC || d.view { // neither a job that follows changes nor a view can have that
		fix = "parallel: none"
	}
	for _, name := range t.RangeColumns {
		col, ok := d.column(name)
		switch {
		case !ok:
			c.fail(t, name, noColumn, d.columnChoices(), "the file splits the load by column %s, which the table does not have", name)
		case col.nullable:
			c.fail(t, name, "oralake-nullable-range-column", fix,
				"the file splits the load by column %s, which may be null: DMS does not load rows in which it is", name)
		}
	}
	leads := func(i index) bool {
		return len(i.columns) >= len(t.RangeColumns) && slices.Equal(i.columns[:len(t.RangeColumns)], t.RangeColumns)
	}
	if !c.lost[queryKeys.name] && !c.lost[queryIndexColumns.name] && !d.view && !slices.ContainsFunc(d.indexes, leads) {
		c.warn(t, strings.Join(t.RangeColumns, ", "), "oralake-range-column-without-index", fix,
			"the file splits the load by columns that no index begins with: each range reads the whole table")
	}
}

// checkPartitions compares the partitions that the file names with those that the table has.
func (c *checker) checkPartitions(t Table, has []string) {
	without := func(list, names []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(names, name) })
	}
	if unknown := without(t.Partitions, has); len(unknown) > 0 {
		c.fail(t, "", "oralake-no-such-partition", choose("write some of its partitions: ", has),
			"the file names partitions that the table does not have: %s", choose("", unknown))
	}
	if left := without(has, t.Partitions); len(left) > 0 {
		c.warn(t, "", "oralake-partitions-left-out", "parallel: partitions-auto",
			"the file names only some of the partitions: %d are not loaded, such as %s", len(left), choose("", left))
	}
}

// choose returns a list for a message, of at most 30 names.
func choose(intro string, names []string) string {
	const most = 30
	if len(names) > most {
		names = append(names[:most:most], "...")
	}
	return intro + strings.Join(names, ", ")
}
