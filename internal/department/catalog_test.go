package department

import (
	"strings"
	"testing"
)

func TestCatalogWarnings(t *testing.T) {
	d := &Department{
		Replication: Replication{EngineVersion: defaultEngine}, Lake: Lake{Catalog: CatalogGlue},
		Jobs: []Job{
			{Type: FullLoad, Schedule: dailySchedule, Tables: []Table{
				{Schema: "SALES", Name: "ORDERS"},
				{Schema: "SALES", Name: "ORDERS#"},
				{Schema: "SALES", Name: "PRICE$", Rename: Rename{Table: "PRICE"}},
				{Schema: "SALES", Name: "LAGER_Ü"},
			}},
			{Type: CDC, Schedule: hourlySchedule, Tables: []Table{{Schema: "SALES", Name: "X$"}}},
		},
	}
	all := d.catalogWarnings()
	if len(all) != 1 || all[0].Kind != "catalog" || !strings.Contains(all[0].Text, "names of SALES.ORDERS# and SALES.LAGER_Ü: it supports") {
		t.Errorf("got %+v, want one warning about two tables", all)
	}
	d.Lake.Catalog = CatalogOff
	if all := d.catalogWarnings(); all != nil {
		t.Errorf("without a catalog: got %+v", all)
	}
}
