package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

func TestNewPreflightProperties(t *testing.T) {
	d := &department.Department{
		Name: "sales", Source: department.Source{SecretName: "oralake/sales", Database: "ORCLPDB1", Capture: "logminer"},
		Replication: department.Replication{Class: "dms.r6i.xlarge", StorageGB: 200, EngineVersion: "3.6.1", MultiAZ: true},
		Jobs: []department.Job{
			{Name: "daily", Type: department.FullLoad, Tables: []department.Table{{Schema: "S", Name: "Z"}}},
			{
				Name: "tail", Type: department.CDC, StartFrom: "now", OnReplace: "restart", Backfill: new(false), Paused: true,
				Tables: []department.Table{
					{Schema: "S", Name: "C", Rename: department.Rename{Schema: "LAKE"}},
					{Schema: "S", Name: "D", Exclude: []string{"B", "A"}},
				},
			},
		},
	}
	got, err := NewPreflightProperties(d, "vpc-1", EndpointDefinitions{Source: "s1"}, map[string]string{"tail": "d1"})
	if err != nil {
		t.Fatal(err)
	}
	want := PreflightProperties{
		Location: "vpc-1", Database: "ORCLPDB1", Secret: "oralake/sales", Capture: "logminer", Endpoints: EndpointDefinitions{Source: "s1"},
		Instance: InstanceDefinition{Class: "dms.r6i.xlarge", StorageGB: "200", EngineVersion: "3.6.1", MultiAZ: "true"},
		Jobs: map[string]PreflightJob{
			"daily": {Type: department.FullLoad},
			"tail": {
				Type: department.CDC, OnReplace: "restart", Backfill: "false", StartFrom: "now", Paused: "true", Definition: "d1",
				Tables:          map[string]string{"S.C": "LAKE.C", "S.D": "S.D"},
				Transformations: map[string]string{"S.D": got.Jobs["tail"].Transformations["S.D"]},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	for i := range 3000 {
		d.Jobs[1].Tables = append(d.Jobs[1].Tables, department.Table{Schema: "SCHEMA", Name: fmt.Sprintf("TABLE_%d", i)})
	}
	if _, err := NewPreflightProperties(d, "vpc-1", EndpointDefinitions{}, nil); err == nil || !strings.Contains(err.Error(), "3002 tables") {
		t.Errorf("error = %v, want one with the number of tables", err)
	}
}

// The fingerprint of a table changes with its filters and with the columns that it leaves out, not with their order.
func TestTransformations(t *testing.T) {
	table := func(change func(*department.Table)) string {
		one := department.Table{Schema: "S", Name: "T", Exclude: []string{"A", "B"}}
		change(&one)
		return transformations(one)
	}
	same := table(func(*department.Table) {})
	if got := table(func(t *department.Table) { t.Exclude = []string{"B", "A"} }); got != same {
		t.Errorf("columns in another order have the fingerprint %s, want %s", got, same)
	}
	for name, change := range map[string]func(*department.Table){
		"a column": func(t *department.Table) { t.Exclude = []string{"A"} },
		"a filter": func(t *department.Table) {
			t.Filters = []department.Filter{{Column: "A", Operator: "eq", Value: "1"}}
		},
	} {
		if got := table(change); got == same {
			t.Errorf("%s: the fingerprint is still %s", name, got)
		}
	}
	if got := table(func(t *department.Table) { t.LOBMaxKB = 7 }); got != same {
		t.Errorf("a LOB limit changes the fingerprint to %s", got)
	}
}
