package cost

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/yamlschema"
)

// Key names a price.
type Key string

// The prices of an estimate.
const (
	Instance        Key = "instance"         // the replication instance
	InstanceStorage Key = "instance-storage" // its disk
	Transitions     Key = "transitions"      // of Step Functions
	LambdaRequests  Key = "lambda-requests"
	LambdaDuration  Key = "lambda-duration"
	S3Put           Key = "s3-put" // PUT, COPY, POST and LIST
	S3Get           Key = "s3-get" // GET and all others
	S3Storage       Key = "s3-storage"
	Endpoints       Key = "endpoints" // interface endpoints of the VPC
	LogIngestion    Key = "log-ingestion"
	LogStorage      Key = "log-storage"
)

// Keys are all prices, in the order in which people read them.
var Keys = []Key{
	Instance, InstanceStorage, Transitions, LambdaRequests, LambdaDuration, S3Put, S3Get, S3Storage, Endpoints, LogIngestion, LogStorage,
}

// units has what one of a price is.
var units = map[Key]string{
	Instance: "hour", InstanceStorage: "GB-month", Transitions: "transition", LambdaRequests: "request", LambdaDuration: "GB-second",
	S3Put: "request", S3Get: "request", S3Storage: "GB-month", Endpoints: "hour", LogIngestion: "GB", LogStorage: "GB-month",
}

// Price is what one of something costs.
type Price struct {
	Key     Key     `json:"key"`
	Dollars float64 `json:"dollars"`
	Unit    string  `json:"unit"`
	Region  string  `json:"region,omitempty"` // empty for a price that a person gives
	Date    string  `json:"date,omitempty"`   // the day on which the source was read
	Source  string  `json:"source"`
}

// The sources of prices that are no address.
const (
	SourceAWS   = "pricing:GetProducts"
	SourceGiven = "--price"
)

// The origins of prices.
const (
	FromAWS   = "aws"   // pricing:GetProducts
	FromTable = "table" // the table of this package
)

// Prices are those of a Region.
type Prices struct {
	Region string  `json:"region"`
	From   string  `json:"from"`          // FromAWS or FromTable
	Why    string  `json:"why,omitempty"` // why the table was used
	List   []Price `json:"list"`
}

// Hardware is what the price of the replication instance depends on.
type Hardware struct {
	Class   string // such as dms.c6i.large
	MultiAZ bool
}

// HardwareOf is that of a department.
func HardwareOf(d *department.Department) Hardware {
	return Hardware{Class: d.Replication.Class, MultiAZ: d.Replication.MultiAZ}
}

// Give replaces prices by those that a person knows, by their keys.
func (p Prices) Give(given map[string]float64) (Prices, error) {
	names := make([]string, len(Keys))
	for i, key := range Keys {
		names[i] = string(key)
	}
	p.List = slices.Clone(p.List)
	for name, dollars := range given {
		if !slices.Contains(names, name) {
			return p, fmt.Errorf("there is no price %s: there are %s%s", yamlschema.Quoted(name), yamlschema.Listed(names, "and"),
				yamlschema.Suggestion(name, names))
		}
		if dollars < 0 {
			return p, fmt.Errorf("price %s is %g: write dollars, 0 or more", name, dollars)
		}
		p.set(Price{Key: Key(name), Dollars: dollars, Source: SourceGiven})
	}
	return p, nil
}

// set adds a price, or replaces the one that has its key.
func (p *Prices) set(one Price) {
	one.Unit = units[one.Key]
	p.List = slices.DeleteFunc(p.List, func(other Price) bool { return other.Key == one.Key })
	p.List = append(p.List, one)
	slices.SortFunc(p.List, func(a, b Price) int { return cmp.Compare(slices.Index(Keys, a.Key), slices.Index(Keys, b.Key)) })
}

// Find returns a price, and whether it is known.
func (p Prices) Find(key Key) (Price, bool) {
	i := slices.IndexFunc(p.List, func(one Price) bool { return one.Key == key })
	if i < 0 {
		return Price{}, false
	}
	return p.List[i], true
}

// Elsewhere returns the Regions other than that of the estimate of which prices are taken.
func (p Prices) Elsewhere() (regions []string) {
	for _, one := range p.List {
		if one.Region != "" && one.Region != p.Region {
			regions = append(regions, one.Region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// apply sets the dollars of lines, and returns their sum and the prices that are not known.
func (p Prices) apply(lines []Line) (sum float64, unpriced []Key) {
	for i := range lines {
		line := &lines[i]
		line.Unit = units[line.What]
		price, known := p.Find(line.What)
		switch {
		case known || line.Quantity == 0:
			line.Dollars = new(rounded(price.Dollars*line.Quantity, 6))
			sum += *line.Dollars
		case line.Quantity > 0:
			unpriced = append(unpriced, line.What)
		}
	}
	return rounded(sum, 6), unique(unpriced)
}

// shortClass is the class of an instance as price lists write it, without dms.
func (h Hardware) shortClass() string { return strings.TrimPrefix(h.Class, "dms.") }
