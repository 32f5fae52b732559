package plan

import (
	"time"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/internal/department"
)

// Month is what a job comes to in a month, as far as its file says. Package cost says more.
type Month struct {
	Runs float64 `json:"runs"`
	// LoadHours is how long the load of a run is assumed to take; 0 for a job that follows changes.
	LoadHours float64 `json:"assumedLoadHours,omitempty"`
	// Hours is for how many hours the job works with the replication instance.
	Hours float64 `json:"hours"`
	// Dollars is what all but the instance costs, by the committed prices of Region.
	Dollars float64 `json:"dollarsWithoutInstance"`
	Region  string  `json:"pricesOf"`
}

// assumed is what is assumed of every load.
var assumed = cost.Assumed{LoadHours: 1, Gigabytes: 10}

// monthsOf estimates what each job of a department comes to.
func monthsOf(d *department.Department, now time.Time) ([]Month, error) {
	prices := cost.FromCommittedTable(cost.DefaultRegion, cost.HardwareOf(d), "")
	estimate, err := cost.Of(cost.Input{Department: d, Prices: prices, Assumed: assumed, Now: now})
	if err != nil {
		return nil, err
	}
	var all []Month
	for _, j := range estimate.Jobs {
		m := Month{Runs: j.Runs, Hours: j.Hours, Dollars: j.Dollars, Region: prices.Region}
		for _, one := range j.Lines {
			if one.What == cost.Instance && one.Dollars != nil {
				m.Dollars -= *one.Dollars
			}
		}
		if !j.Type.Continuous() {
			m.LoadHours = assumed.LoadHours
		}
		all = append(all, m)
	}
	return all, nil
}
