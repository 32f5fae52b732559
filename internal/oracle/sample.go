package oracle

import (
	"cmp"
	"fmt"
	"slices"
)

// A large table is sampled by its blocks, because Oracle reads whole blocks. Rows that were inserted together are together in a block,
// often with neighbouring keys. So the number of sampled blocks decides how well a sample shows where the keys are, and not the number
// of rows: with n blocks in a range, the size of the range is uncertain by about 1/sqrt(n).
const (
	// sampleBlocks is the largest number of blocks in the samples of all tables together.
	sampleBlocks = 32_000
	// blocksPerRange is the number of sampled blocks for each range that is wanted. If a sample can have only fewer, there are fewer
	// ranges, each with leastPerRange.
	blocksPerRange, leastPerRange = 64, 32
	// mostSampled is the largest number of tables of which ranges are planned.
	mostSampled = sampleBlocks / blocksPerRange
	// defaultBlock is the size of a block in bytes, if the number of blocks is not known.
	defaultBlock = 8192
)

// largest returns the tables of which ranges are planned: the largest ones, in their order.
func largest(candidates []*candidate) []*candidate {
	if len(candidates) <= mostSampled {
		return candidates
	}
	bySize := slices.Clone(candidates)
	slices.SortStableFunc(bySize, func(a, b *candidate) int { return cmp.Compare(b.bytes, a.bytes) })
	for _, x := range bySize[mostSampled:] {
		x.plan.Why = fmt.Sprintf("the job has more than %d large tables: ranges are planned only for the largest", mostSampled)
	}
	return slices.DeleteFunc(slices.Clone(candidates), func(x *candidate) bool { return x.plan.Why != "" })
}

// takeSample decides whether a table is sampled, how large the sample is, and how many ranges the sample is good for. rows and blocks are
// the most that may be read of this table.
func (x *candidate) takeSample(rows, blocks int64) {
	if x.rows <= rows {
		return
	}
	perBlock := max(x.rows/x.blocks, 1)
	sampled := max(min(int64(x.segments)*blocksPerRange, blocks, rows/perBlock), 1)
	if 2*sampled >= x.blocks {
		return // Oracle reads the whole table anyway
	}
	x.sample = max(100*float64(sampled)/float64(x.blocks), 0.0001)
	x.plan.Sampled = true
	x.segments = min(x.segments, max(int(sampled/leastPerRange), 2))
}
