package oracle

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ending returns tiles. Each pair is the number of rows of a tile, and the number of rows with its last key.
func ending(rows ...[2]int64) []tile {
	var tiles []tile
	upto := int64(0)
	for i, r := range rows {
		upto += r[0]
		tiles = append(tiles, tile{bound: strconv.Itoa(i), below: upto - r[1], upto: upto})
	}
	return tiles
}

func anything(string) bool { return true }

func TestSplit(t *testing.T) {
	for name, test := range map[string]struct {
		tiles    []tile
		segments int
		writable func(string) bool
		bounds   []string
		rows     []int64
		why      string
	}{
		"even": {
			ending([2]int64{10, 1}, [2]int64{10, 1}, [2]int64{10, 1}, [2]int64{10, 1}), 2, anything,
			[]string{"1"},
			[]int64{20, 20},
			"",
		},
		// Four ranges have 25 rows on average, and 52 are more than twice that, but no single key has more than 50.
		"fewer are more even": {
			ending([2]int64{52, 49}, [2]int64{16, 1}, [2]int64{16, 1}, [2]int64{16, 1}), 4, anything,
			[]string{"0"},
			[]int64{52, 48},
			"",
		},
		"a heavy key cannot be split": {
			ending([2]int64{52, 51}, [2]int64{16, 1}, [2]int64{16, 1}, [2]int64{16, 1}), 4, anything,
			[]string{"0"},
			[]int64{52, 48},
			"",
		},
		"keys that cannot be written": {
			ending([2]int64{10, 1}, [2]int64{10, 1}, [2]int64{10, 1}), 3,
			func(s string) bool { return s != "0" },
			[]string{"1"},
			[]int64{20, 10},
			"",
		},
		"no rows":   {nil, 4, anything, nil, nil, "there are no rows"},
		"one value": {ending([2]int64{10, 10}), 4, anything, nil, nil, "it has too few values"},
	} {
		t.Run(name, func(t *testing.T) {
			bounds, rows, why := split(test.tiles, test.segments, test.writable)
			if diff := cmp.Diff(test.bounds, bounds); diff != "" {
				t.Errorf("bounds (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.rows, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if why != test.why {
				t.Errorf("why %q, want %q", why, test.why)
			}
		})
	}
}

// For all tiles, the ranges have all rows, and no range has more than twice the mean unless a single key has.
func TestSplitProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows [][2]int64
		for range rapid.IntRange(1, 30).Draw(t, "tiles") {
			n := rapid.Int64Range(1, 100).Draw(t, "rows")
			if rapid.IntRange(0, 5).Draw(t, "heavy") == 0 {
				n *= 10
			}
			rows = append(rows, [2]int64{n, rapid.Int64Range(1, n).Draw(t, "last")})
		}
		tiles := ending(rows...)
		odd := rapid.IntRange(2, 10).Draw(t, "odd")
		segments := rapid.IntRange(2, 12).Draw(t, "segments")
		bounds, got, why := split(tiles, segments, func(s string) bool { n, _ := strconv.Atoi(s); return n%odd != 1 })
		if why != "" {
			return
		}
		if len(got) > segments || len(got) < 2 || len(bounds) != len(got)-1 {
			t.Fatalf("%d ranges with %d bounds, want 2 to %d", len(got), len(bounds), segments)
		}
		var sum, largest, heaviest int64
		for _, n := range got {
			sum, largest = sum+n, max(largest, n)
		}
		for _, r := range rows {
			heaviest = max(heaviest, r[1])
		}
		total := tiles[len(tiles)-1].upto
		if sum != total {
			t.Errorf("%d rows in the ranges, want %d", sum, total)
		}
		if k := int64(len(got)); largest*k > 2*total && heaviest*k <= 2*total {
			t.Errorf("ranges of %v rows: the largest is more than twice the mean, and no key has more than %d", got, heaviest)
		}
	})
}
