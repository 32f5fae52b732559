package bench_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
)

// The distribution of table sizes. Sizes of an application's tables have a long tail: most tables are small, and a few hold most of the
// bytes. The sizes here are quantiles of a log-normal distribution, so every night of as many tables has the same sizes:
//
//	share of the tables   10 %     50 %     90 %      99 %      largest of 1,000   largest of 10,000
//	size                  1.6 MB   20 MB    263 MB    2.1 GB    14.6 GB            48.5 GB
//
// The mean is 150 MB: 1,000 tables are 150 GB, of which the largest tenth of the tables has about three quarters.
const (
	meanBytes = 150e6
	sigma     = 2.0 // of the logarithm
)

// sizes returns the sizes of n tables in bytes, by their number. A fixed shuffle hides the size from the name: no order of the file
// helps the packing.
func sizes(n int) []float64 {
	all := make([]float64, n)
	sum := 0.0
	for i := range all {
		all[i] = math.Exp(sigma * quantile((float64(i)+0.5)/float64(n)))
		sum += all[i]
	}
	for i := range all {
		all[i] *= meanBytes * float64(n) / sum
	}
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// quantile is the quantile function of the normal distribution.
func quantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// growth is by which factor a table of a night differs from its size: up to a tenth, so that history is never exact.
func growth(night, table int) float64 {
	return 1 + 0.1*(2*rand.New(rand.NewPCG(uint64(night), uint64(table))).Float64()-1)
}

const schema = "SALES"

func tableName(i int) string { return fmt.Sprintf("T%05d", i) }

// tableNumber is the number in the name of a table.
func tableNumber(name string) int {
	n, err := strconv.Atoi(name[1:])
	if err != nil {
		panic(err) // tableName made the name
	}
	return n
}
