package bench_test

import (
	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/cost"
)

// region is the Region of the prices, but for the instance.
const region = "us-east-1"

// What the replication instance costs: the product's table has no price of its class in this Region, because AWS publishes none with a
// date. So these two are what was found elsewhere.
const (
	// priceInstanceHour is of dms.c5.large, Single-AZ, in us-east-1, as people quoted it in 2026; no source of AWS says so.
	priceInstanceHour = 0.154
	// priceStorage is of a GB of its disk in a month, in us-east-1 (aws.amazon.com/dms/pricing, read in November 2026); it has storageGB.
	priceStorage = 0.115
	storageGB    = 100

	hoursOfMonth = 730.0
)

// prices are those of the product's table.
var prices = cost.FromCommittedTable(region, cost.Hardware{}, "")

func price(key cost.Key) float64 {
	p, known := prices.Find(key)
	if !known {
		panic("the table of internal/cost has no price of " + string(key))
	}
	return p.Dollars
}

// instanceDollars is what an instance with its disk costs for some hours.
func instanceDollars(hours float64) float64 {
	return hours * (priceInstanceHour + storageGB*priceStorage/hoursOfMonth)
}

// functionGB is the memory of a function, and functionCPUs the part of a CPU that Lambda gives it: one CPU for 1,769 MB
// (configuration-memory.html of Lambda's guide).
const (
	functionGB   = contract.FunctionMemoryMB / 1024.0
	functionCPUs = contract.FunctionMemoryMB / 1769.0
)
