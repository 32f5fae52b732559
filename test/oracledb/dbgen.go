package oracledb

import (
	"fmt"

	"github.com/pingcap/go-tpc/tpch/dbgen"
	_ "unsafe" // for go:linkname
)

// dbgen's exported entry takes whole scale factors only, prints to standard output, and keeps a gigabyte of text alive.
// Its parts, reached by name here, do none of that: a table is generated row by row for as many rows as wanted. The
// version of the module is pinned in go.mod, and TestGenerate counts the rows.

//go:linkname dbgenSeeds github.com/pingcap/go-tpc/tpch/dbgen.initSeeds
func dbgenSeeds()

//go:linkname dbgenDistributions github.com/pingcap/go-tpc/tpch/dbgen.initDists
func dbgenDistributions()

//go:linkname dbgenTables github.com/pingcap/go-tpc/tpch/dbgen.initTDefs
func dbgenTables()

//go:linkname dbgenOrders github.com/pingcap/go-tpc/tpch/dbgen.initOrder
func dbgenOrders()

//go:linkname dbgenLines github.com/pingcap/go-tpc/tpch/dbgen.initLineItem
func dbgenLines()

//go:linkname dbgenSentence github.com/pingcap/go-tpc/tpch/dbgen.txtSentence
func dbgenSentence(seed int) string

//go:linkname dbgenTable github.com/pingcap/go-tpc/tpch/dbgen.genTbl
func dbgenTable(table dbgen.Table, start, count int64) error

//go:linkname dbgenScale github.com/pingcap/go-tpc/tpch/dbgen.scale
var dbgenScale int64

//go:linkname dbgenText github.com/pingcap/go-tpc/tpch/dbgen.szTextPool
var dbgenText []byte

//go:linkname dbgenCustomers github.com/pingcap/go-tpc/tpch/dbgen.ockeyMax
var dbgenCustomers int64

//go:linkname dbgenParts github.com/pingcap/go-tpc/tpch/dbgen.LPkeyMax
var dbgenParts int64

const (
	textSize   = 300 << 20 // what dbgen takes its comments from
	sampleSize = 4 << 20   // the part of it that scales below 1 repeat, in a fortieth of the time
	textSeed   = 5
)

// startDBGen makes dbgen ready. It has one state for the whole process, so the caller must be the only one.
func startDBGen(sizes sizes) {
	dbgenScale = max(1, int64(sizes.scale))
	dbgenSeeds()
	dbgenDistributions()
	dbgenText = text(sizes.scale)
	dbgenTables()
	dbgenOrders()
	dbgenLines()
	dbgenCustomers = sizes.customers
	dbgenParts = sizes.parts
}

// stopDBGen gives dbgen's text back to the memory.
func stopDBGen() { dbgenText = nil }

// text is dbgen's pool of comments; below scale 1 its beginning, repeated.
func text(scale float64) []byte {
	pool := make([]byte, 0, textSize)
	want := textSize
	if scale < 1 {
		want = sampleSize
	}
	for len(pool) < want {
		sentence := dbgenSentence(textSeed) + " "
		pool = append(pool, sentence[:min(len(sentence), want-len(pool))]...)
	}
	for len(pool) < textSize {
		pool = append(pool, pool[:min(want, textSize-len(pool))]...)
	}
	return pool
}

// generate has dbgen make the first count rows of a table, each of which goes to load.
func generate(table dbgen.Table, count int64, load loader) error {
	if err := dbgen.DbGen(map[dbgen.Table]dbgen.Loader{table: load}, nil); err != nil {
		return fmt.Errorf("set loader: %w", err)
	}
	return dbgenTable(table, 1, count)
}

// loader is a dbgen.Loader of one function.
type loader func(row any) error

func (l loader) Load(row any) error { return l(row) }

func (l loader) Flush() error { return nil }
