package oracle

import "testing"

// One statement reads the keys of all tables, within the time limit of one statement.
func TestManyLargeTablesShareTheTime(t *testing.T) {
	var all []*candidate
	for range 10 {
		all = append(all, &candidate{rows: 1_000_000, blocks: 12_500, segments: 8, plan: &Parallel{}})
	}
	all = append(all, &candidate{rows: 400_000, blocks: 5000, segments: 8, plan: &Parallel{}})
	for _, x := range all {
		x.takeSample(500_000, sampleBlocks/int64(len(all)))
	}
	if !all[0].plan.Sampled || all[10].plan.Sampled {
		t.Errorf("%+v and %+v, want that a table of 1,000,000 rows is sampled and one of 400,000 is not, where 500,000 each may be read",
			all[0], all[10])
	}
}
