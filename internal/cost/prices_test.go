package cost_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/internal/cost/costtest"
)

var (
	today = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	large = cost.Hardware{Class: "dms.c6i.large"}
)

// dollars are the prices by their keys.
func dollars(p cost.Prices) map[cost.Key]float64 {
	all := map[cost.Key]float64{}
	for _, one := range p.List {
		all[one.Key] = one.Dollars
	}
	return all
}

// The right product is chosen among its neighbours: of one zone or of two, without credits, tables, gateways and free tiers.
func TestFromPriceList(t *testing.T) {
	p, err := cost.FromPriceList(t.Context(), &costtest.PriceList{}, "eu-central-1", large, today)
	if err != nil {
		t.Fatal(err)
	}
	want := map[cost.Key]float64{
		cost.Instance: 0.2, cost.InstanceStorage: 0.13, cost.Transitions: 0.00003, cost.LambdaRequests: 0.00000022, cost.LambdaDuration: 0.000017,
		cost.S3Put: 0.0000054, cost.S3Get: 0.00000043, cost.S3Storage: 0.0245, cost.Endpoints: 0.012, cost.LogIngestion: 0.63,
		cost.LogStorage: 0.03, // the list has none: from the table
	}
	if diff := cmp.Diff(want, dollars(p)); diff != "" {
		t.Errorf("prices (-want +got):\n%s", diff)
	}
	if price, _ := p.Find(cost.Instance); price.Source != cost.SourceAWS || price.Region != "eu-central-1" || price.Date != "2026-12-01" || price.Unit != "hour" {
		t.Errorf("the price of the instance is %+v", price)
	}
	if price, _ := p.Find(cost.LogStorage); price.Source == cost.SourceAWS || price.Region != cost.DefaultRegion {
		t.Errorf("the price that the list does not have is %+v, want the table's", price)
	}
	if diff := cmp.Diff([]string{cost.DefaultRegion}, p.Elsewhere()); diff != "" {
		t.Errorf("other Regions (-want +got):\n%s", diff)
	}
}

func TestFromPriceListInTwoZones(t *testing.T) {
	p, err := cost.FromPriceList(t.Context(), &costtest.PriceList{}, "eu-central-1", cost.Hardware{Class: "dms.c6i.large", MultiAZ: true}, today)
	if got := dollars(p); err != nil || got[cost.Instance] != 0.4 || got[cost.InstanceStorage] != 0.26 {
		t.Errorf("prices %v, %v, want 0.4 and 0.26", got, err)
	}
}

// A class with two prices, or none, has no price: nobody guesses.
func TestAmbiguousPrice(t *testing.T) {
	for _, class := range []string{"dms.r6i.large", "dms.c7i.large"} {
		p, err := cost.FromPriceList(t.Context(), &costtest.PriceList{}, "eu-central-1", cost.Hardware{Class: class}, today)
		if err != nil {
			t.Fatal(err)
		}
		if price, known := p.Find(cost.Instance); known {
			t.Errorf("%s has the price %+v, want none", class, price)
		}
	}
}

func TestUnreachablePriceList(t *testing.T) {
	denied := errors.New("AccessDeniedException")
	list := &costtest.PriceList{Err: denied}
	if _, err := cost.FromPriceList(t.Context(), list, "eu-central-1", large, today); !errors.Is(err, denied) || len(list.Calls) != 1 {
		t.Errorf("error %v after %d calls, want %v after 1", err, len(list.Calls), denied)
	}
}

// Every line of the table has a number, a date and a source, and no price stands there twice.
func TestTable(t *testing.T) {
	rows, err := cost.Parse(cost.TableText)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range rows {
		id := r.Name + " " + r.Region
		if seen[id] {
			t.Errorf("%s stands in the table twice", id)
		}
		seen[id] = true
		if r.Dollars <= 0 || !strings.HasPrefix(r.Source, "https://") {
			t.Errorf("%s: %g dollars from %s", id, r.Dollars, r.Source)
		}
		if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, key := range cost.Keys {
		if dms := key == cost.Instance || key == cost.InstanceStorage; !dms && !seen[string(key)+" "+cost.DefaultRegion] {
			t.Errorf("the table has no %s of %s, which stands for other Regions", key, cost.DefaultRegion)
		}
	}
	for text, want := range map[string]string{
		"transitions eu-west-1 0.000025 2026-12-01":         "line 1 of the prices has 4 fields",
		"# a comment\ntransitions eu-west-1 x 2026-12-01 y": "line 2 of the prices",
	} {
		if _, err := cost.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// Prices of DMS are those of the Region or none; others may be those of another Region.
func TestFromCommittedTable(t *testing.T) {
	r5 := cost.Hardware{Class: "dms.r5.large"}
	for _, test := range []struct {
		region          string
		hardware        cost.Hardware
		known           bool
		transition      float64
		transitionsFrom string
	}{
		{"eu-west-1", r5, true, 0.000025, "eu-west-1"},
		{"eu-central-1", r5, false, 0.000025, "eu-central-1"},
		{"eu-west-1", cost.Hardware{Class: "dms.r5.large", MultiAZ: true}, false, 0.000025, "eu-west-1"},
		{"sa-east-1", large, false, 0.0000375, "sa-east-1"},
		{"af-south-1", large, false, 0.000025, "us-east-1"},
	} {
		p := cost.FromCommittedTable(test.region, test.hardware, "no network")
		if _, known := p.Find(cost.Instance); known != test.known {
			t.Errorf("%s %+v: the instance has a price: %t, want %t", test.region, test.hardware, known, test.known)
		}
		if price, _ := p.Find(cost.Transitions); price.Dollars != test.transition || price.Region != test.transitionsFrom {
			t.Errorf("%s: a transition costs %+v, want %g of %s", test.region, price, test.transition, test.transitionsFrom)
		}
		if p.From != cost.FromTable || p.Why != "no network" {
			t.Errorf("from %s, because %q", p.From, p.Why)
		}
	}
}

func TestGivenPrices(t *testing.T) {
	before := cost.FromCommittedTable("eu-central-1", large, "")
	p, err := before.Give(map[string]float64{"instance": 0.17, "transitions": 1})
	if got := dollars(p); err != nil || got[cost.Instance] != 0.17 || got[cost.Transitions] != 1 {
		t.Errorf("prices %v, %v", got, err)
	}
	if p.List[0].Key != cost.Instance || p.List[0].Source != cost.SourceGiven || p.List[0].Unit != "hour" {
		t.Errorf("the first price is %+v", p.List[0])
	}
	if price, _ := before.Find(cost.Transitions); price.Dollars == 1 {
		t.Error("the prices before have changed")
	}
	for name, want := range map[string]string{"instanze": `there is no price "instanze": there are instance,`, "instance": "price instance is -1: write dollars, 0 or more"} {
		if _, err := before.Give(map[string]float64{name: -1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}
