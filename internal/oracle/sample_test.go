package oracle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// layout is how a table's rows are in its blocks: the keys of the rows of each block.
type layout [][]int64

// layouts are ways in which Oracle fills the blocks of a table. The keys come in ascending order.
var layouts = map[string]func(keys []int64, perBlock int, random *rand.Rand) layout{
	// Rows that are inserted in the order of their key: a sequence, or a date of arrival.
	"clustered": func(keys []int64, perBlock int, _ *rand.Rand) layout {
		return slices.Collect(slices.Chunk(keys, perBlock))
	},
	// Rows whose key has nothing to do with the time of their insert.
	"scattered": func(keys []int64, perBlock int, random *rand.Rand) layout {
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		return slices.Collect(slices.Chunk(keys, perBlock))
	},
	// Sessions that insert at the same time, each into blocks of its own: the keys of a block are near each other.
	"sessions": func(keys []int64, perBlock int, random *rand.Rand) layout {
		var all layout
		for part := range slices.Chunk(keys, perBlock*(2+random.IntN(14))) {
			sessions := len(part) / perBlock
			if sessions < 2 {
				all = append(all, part)
				continue
			}
			made := make(layout, sessions)
			for i, key := range part {
				made[i%sessions] = append(made[i%sessions], key)
			}
			all = append(all, made...)
		}
		return all
	},
	// Rows that were deleted: some regions of keys have almost empty blocks.
	"deleted": func(keys []int64, perBlock int, random *rand.Rand) layout {
		var all layout
		kept := 1.0
		for i, block := range slices.Collect(slices.Chunk(keys, perBlock)) {
			if i%500 == 0 {
				kept = []float64{1, 1, 0.5, 0.1}[random.IntN(4)]
			}
			all = append(all, slices.DeleteFunc(block, func(int64) bool { return random.Float64() > kept }))
		}
		return all
	},
}

// distances are the distances between neighbouring keys.
var distances = map[string]func(i int, random *rand.Rand) int64{
	"dense":  func(int, *rand.Rand) int64 { return 1 },
	"skewed": func(i int, _ *rand.Rand) int64 { return int64(1 + i*i/1_000_000) },
	"gaps": func(_ int, random *rand.Rand) int64 {
		if random.IntN(5000) == 0 {
			return 1_000_000_000
		}
		return int64(1 + random.IntN(3))
	},
	// Each key has several rows, and a few have very many.
	"repeated": func(i int, random *rand.Rand) int64 {
		if i%20_000 < 3000 || random.IntN(4) > 0 {
			return 0
		}
		return 1
	},
}

// No range of a sampled table has more than rangeFactor times the mean number of rows, whatever the keys and whatever the order in which
// the rows were inserted, unless a single key has. With full samples, the factor is two.
func TestRangesOfSamplesProperty(t *testing.T) {
	const rangeFactor, fullFactor = 3, 2
	for kind, lay := range layouts {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				distance := distances[rapid.SampledFrom(slices.Sorted(maps.Keys(distances))).Draw(t, "keys")]
				random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
				perBlock := rapid.IntRange(1, 8).Draw(t, "rows in a block")
				keys := make([]int64, perBlock*12_000)
				for i := 1; i < len(keys); i++ {
					keys[i] = keys[i-1] + distance(i, random)
				}
				blocks := lay(keys, perBlock, random)
				x := &candidate{plan: &Parallel{}, segments: rapid.IntRange(2, 8).Draw(t, "ranges"), blocks: int64(len(blocks)), rows: int64(len(keys))}
				x.takeSample(rapid.Int64Range(100, int64(len(keys)/20)).Draw(t, "most keys"), rapid.Int64Range(10, 600).Draw(t, "most blocks"))
				if x.sample == 0 {
					t.Fatal("the table is not sampled")
				}
				checkSample(t, blocks, x, random, rangeFactor, fullFactor)
			})
		})
	}
}

func checkSample(t *rapid.T, blocks layout, x *candidate, random *rand.Rand, factor, full float64) {
	var sampled []int64
	read := 0
	for _, block := range blocks { // SAMPLE BLOCK takes each block with the same probability
		if random.Float64()*100 < x.sample {
			sampled = append(sampled, block...)
			read++
		}
	}
	bounds, _, why := split(tilesOf(sampled, x.segments*tilesPerRange), x.segments, writable("NUMBER"))
	if why != "" {
		return
	}
	limits := make([]int64, len(bounds))
	for i, b := range bounds {
		if _, err := fmt.Sscan(b, &limits[i]); err != nil {
			t.Fatal(err)
		}
	}
	rows := make([]int, len(limits)+1)
	all := slices.Sorted(func(yield func(int64) bool) {
		for _, block := range blocks {
			for _, key := range block {
				if at, _ := slices.BinarySearch(limits, key); yield(key) {
					rows[at]++
				}
			}
		}
	})
	heaviest, begun := 0, 0 // the rows of the key that has most
	for i, key := range all {
		if key != all[begun] {
			begun = i
		}
		heaviest = max(heaviest, i+1-begun)
	}
	mean := float64(len(all)) / float64(len(rows))
	if read >= blocksPerRange*len(rows) {
		factor = full
	}
	if largest := slices.Max(rows); float64(largest) > factor*mean && float64(heaviest) <= mean {
		t.Errorf("ranges of %v rows from %d blocks: the largest has more than %.0f times the mean, and no key has more than %d", rows, read, factor, heaviest)
	}
}

// tilesOf returns what the planning statement returns for these keys.
func tilesOf(keys []int64, n int) []tile {
	slices.Sort(keys)
	first, upto := map[int64]int64{}, map[int64]int64{}
	for i, key := range keys {
		if _, seen := first[key]; !seen {
			first[key] = int64(i)
		}
		upto[key] = int64(i + 1)
	}
	var tiles []tile
	for i := range n { // NTILE: the first tiles have one row more
		size := len(keys) / n
		if i < len(keys)%n {
			size++
		}
		from := i*(len(keys)/n) + min(i, len(keys)%n)
		if size == 0 {
			break
		}
		last := keys[from+size-1]
		tiles = append(tiles, tile{bound: fmt.Sprint(last), below: first[last], upto: upto[last]})
	}
	return tiles
}

// A job with very many large tables has samples of the largest ones only, and no more blocks and keys than the documents say.
func TestSamplesOfManyTables(t *testing.T) {
	for _, n := range []int{1, 50, 500, 2000} {
		var candidates []*candidate
		for i := range n {
			candidates = append(candidates, &candidate{
				plan: &Parallel{}, segments: 32, bytes: int64(n-i) << 30, blocks: 1 << 20, rows: 80 << 20,
			})
		}
		planned := largest(candidates)
		var blocks, keys float64
		for _, x := range planned {
			x.takeSample(2_000_000/int64(len(planned)), sampleBlocks/int64(len(planned)))
			blocks += x.sample / 100 * float64(x.blocks)
			keys += x.sample / 100 * float64(x.rows)
		}
		if blocks > sampleBlocks || keys > 2_000_000 || len(planned) != min(n, mostSampled) || planned[0] != candidates[0] {
			t.Errorf("%d tables: %d planned, %.0f blocks and %.0f keys", n, len(planned), blocks, keys)
		}
		if n > mostSampled && candidates[mostSampled].plan.Why == "" {
			t.Errorf("%d tables: the plan of a table that is left out has no reason", n)
		}
	}
}
