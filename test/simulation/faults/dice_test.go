package faults_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"
)

// dice decide what happens in one schedule. A throw depends on the seed and on its subject, not on the order of throws, so
// that a seed repeats the same schedule in any order of goroutines.
type dice uint64

// throw returns the random numbers for one subject, which is named by its parts.
func (d dice) throw(what ...any) *rand.Rand {
	name := strconv.AppendUint(make([]byte, 0, 128), uint64(d), 10)
	for _, part := range what {
		name = append(name, '|')
		if text, ok := part.(string); ok {
			name = append(name, text...)
		} else {
			name = fmt.Append(name, part)
		}
	}
	h := fnv.New64a()
	_, _ = h.Write(name) // never fails
	return rand.New(rand.NewPCG(h.Sum64(), uint64(d)))
}

// between returns a random duration from least to most, with a uniform logarithm: short ones are as likely as long ones.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	for span := most; ; span /= 4 {
		if span <= 4*least || r.IntN(2) == 0 {
			return least + time.Duration(r.Int64N(int64(max(span-least, 1))))
		}
	}
}

// one returns a random one of several values.
func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// rates has the probability of each kind of fault. Most schedules have only a few kinds, so that one does not hide another.
type rates map[string]float64

func (d dice) rates(kinds ...string) rates {
	all := rates{}
	for _, kind := range kinds {
		r := d.throw("rate", kind)
		if r.IntN(3) == 0 {
			all[kind] = one(r, 0.02, 0.1, 0.3)
		}
	}
	return all
}

// strike throws for each kind in turn and returns the first one that happens; empty when none does.
func (all rates) strike(r *rand.Rand, kinds ...string) string {
	for _, kind := range kinds {
		if r.Float64() < all[kind] {
			return kind
		}
	}
	return ""
}
