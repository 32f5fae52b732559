package cost

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// tableText is the table of prices that is used without AWS. A line is: the price and what it is of, the Region, dollars, date, source.
//
//go:embed prices.txt
var tableText string

// DefaultRegion is the Region whose prices stand for those of a Region that the table does not have.
const DefaultRegion = "us-east-1"

// row is a line of the table.
type row struct {
	name string // the key, and for the instance and its disk what it depends on
	Price
}

// table are the prices of the committed table.
var table = mustParse(tableText)

func mustParse(text string) []row {
	rows, err := parse(text)
	if err != nil {
		panic(err) // unreachable: a test reads the table
	}
	return rows
}

// parse reads a table. Lines that begin with # are comments.
func parse(text string) (rows []row, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		if len(fields) != 5 {
			return nil, fmt.Errorf("line %d of the prices has %d fields: write price, Region, dollars, date and source", number, len(fields))
		}
		dollars, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return nil, fmt.Errorf("line %d of the prices: %w", number, err)
		}
		key, _, _ := strings.Cut(fields[0], ":")
		rows = append(rows, row{
			name: fields[0], Price: Price{Key: Key(key), Region: fields[1], Dollars: dollars, Date: fields[3], Source: fields[4]},
		})
	}
	return rows, nil
}

// FromCommittedTable returns the prices that the committed table has for a Region. why says why they are not those of AWS.
func FromCommittedTable(region string, h Hardware, why string) Prices {
	p := Prices{Region: region, From: FromTable, Why: why, List: []Price{}}
	for _, key := range Keys {
		if price, found := fromTable(key, region, h); found {
			p.set(price)
		}
	}
	return p
}

// fromTable returns a price of the table. Prices of DMS are not taken from another Region.
func fromTable(key Key, region string, h Hardware) (Price, bool) {
	name, regions := string(key), []string{region, DefaultRegion}
	switch key {
	case Instance:
		name, regions = name+":"+h.Class+h.zones(), regions[:1]
	case InstanceStorage:
		name, regions = name+h.zones(), regions[:1]
	}
	for _, region := range regions {
		for _, r := range table {
			if r.name == name && r.Region == region {
				return r.Price, true
			}
		}
	}
	return Price{}, false
}

// zones is what the names of the table's prices add for an instance in two zones.
func (h Hardware) zones() string {
	if h.MultiAZ {
		return ":multi-az"
	}
	return ""
}
