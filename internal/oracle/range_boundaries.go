package oracle

import (
	"maps"
	"math/big"
	"slices"
	"strings"
)

// tile is one of many small parts of a table's rows, in the order of a key.
type tile struct {
	bound string // the largest key of the tile, as a table mapping writes it
	below int64  // the number of rows with a smaller key
	upto  int64  // the number of rows with this key or a smaller one
}

func inOrder(tiles map[int64]tile) []tile {
	all := make([]tile, 0, len(tiles))
	for _, n := range slices.Sorted(maps.Keys(tiles)) {
		all = append(all, tiles[n])
	}
	return all
}

// split chooses bounds that cut the rows into at most segments ranges. A range begins above one bound and includes the
// next. The first range has no lower bound and the last has no upper bound. So every row is in exactly one range, even rows
// that were added after the tiles were read.
//
// No range has more than twice the mean number of rows, unless a single key value has. split joins tiles that end with the
// same key, and joins a tile whose key writable refuses with the next tile. If the rows cannot be split, why says why.
func split(tiles []tile, segments int, writable func(string) bool) (bounds []string, rows []int64, why string) {
	if len(tiles) == 0 {
		return nil, nil, "there are no rows"
	}
	total := tiles[len(tiles)-1].upto
	ends := usable(tiles, writable)
	if len(ends) < 2 {
		return nil, nil, "it has too few values"
	}
	for k := min(segments, len(ends)); k > 1; k-- {
		chosen := pack(ends, k)
		if len(chosen) < 2 || !even(ends, chosen, total) {
			continue
		}
		from := int64(0)
		for _, at := range chosen {
			rows = append(rows, ends[at].upto-from)
			from = ends[at].upto
		}
		for _, at := range chosen[:len(chosen)-1] {
			bounds = append(bounds, ends[at].bound)
		}
		return bounds, rows, ""
	}
	return nil, nil, "most rows have the same value"
}

// usable returns the tiles at whose ends a range may end. The last one is the end of the table.
func usable(tiles []tile, writable func(string) bool) []tile {
	last := tiles[len(tiles)-1]
	var ends []tile
	for _, t := range tiles {
		switch {
		case t.upto == last.upto || !writable(t.bound):
		case len(ends) > 0 && ends[len(ends)-1].bound == t.bound:
			ends[len(ends)-1] = t
		default:
			ends = append(ends, t)
		}
	}
	return append(ends, last)
}

// pack joins neighbouring tiles into at most k ranges, so that the largest range is as small as possible. It returns the
// index of the last tile of each range.
func pack(ends []tile, k int) []int {
	smallest, largest := int64(0), ends[len(ends)-1].upto
	from := int64(0)
	for _, e := range ends {
		smallest = max(smallest, e.upto-from)
		from = e.upto
	}
	for smallest < largest {
		middle := smallest + (largest-smallest)/2
		if len(fill(ends, middle)) <= k {
			largest = middle
		} else {
			smallest = middle + 1
		}
	}
	return fill(ends, smallest)
}

// fill joins neighbouring tiles into ranges of at most capacity rows. It returns the index of the last tile of each range.
func fill(ends []tile, capacity int64) []int {
	var chosen []int
	from := int64(0)
	for i := range ends {
		if i > 0 && ends[i].upto-from > capacity {
			chosen = append(chosen, i-1)
			from = ends[i-1].upto
		}
	}
	return append(chosen, len(ends)-1)
}

// even reports whether no range has more than twice the mean number of rows, unless a single key value has.
func even(ends []tile, chosen []int, total int64) bool {
	from, first := int64(0), 0
	parts := int64(len(chosen))
	for _, at := range chosen {
		if (ends[at].upto-from)*parts > 2*total &&
			!slices.ContainsFunc(ends[first:at+1], func(t tile) bool { return (t.upto-t.below)*parts > 2*total }) {
			return false
		}
		from, first = ends[at].upto, at+1
	}
	return true
}

// ascend reports whether bounds are strictly ascending in Oracle's order for their type.
func ascend(kind string, bounds []string) bool {
	for i := 1; i < len(bounds); i++ {
		if compare(kind, bounds[i-1], bounds[i]) >= 0 {
			return false
		}
	}
	return true
}

func compare(kind, a, b string) int {
	if kind == "NUMBER" {
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		if okX && okY {
			return x.Cmp(y)
		}
	}
	return strings.Compare(a, b)
}

// number adds the zero that Oracle leaves out: it turns .5 into 0.5.
func number(v string) string {
	sign, digits := "", v
	if strings.HasPrefix(v, "-") {
		sign, digits = "-", v[1:]
	}
	if strings.HasPrefix(digits, ".") {
		return sign + "0" + digits
	}
	return v
}

// writable returns a function that reports whether a key can be written in a table mapping so that Oracle reads the same
// value.
func writable(kind string) func(string) bool {
	switch {
	case kind == "NUMBER":
		// TO_CHAR writes an exponent if the digits do not fit.
		return func(v string) bool {
			_, ok := new(big.Rat).SetString(v)
			return ok && !strings.ContainsAny(v, "eE/")
		}
	case strings.Contains(kind, "CHAR"):
		// It is not documented how DMS quotes text, or in which character set it compares text.
		return func(v string) bool {
			return v != "" && !strings.ContainsFunc(v, func(r rune) bool {
				return r < ' ' || r > '~' || strings.ContainsRune(`'"\%`, r)
			})
		}
	default:
		return func(v string) bool { return v != "" }
	}
}
