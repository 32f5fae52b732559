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
		Name: "sales", Source: department.Source{SecretName: "oralake/sales", Database: "ORCLPDB1"},
		Replication: department.Replication{Class: "dms.r6i.xlarge", StorageGB: 200, EngineVersion: "3.6.1", MultiAZ: true},
		Jobs: []department.Job{
			{Name: "daily", Type: department.FullLoad, Tables: []department.Table{{Schema: "S", Name: "Z"}}},
			{
				Name: "tail", Type: department.CDC, StartFrom: "now", OnReplace: "restart", Backfill: new(false),
				Tables: []department.Table{{Schema: "S", Name: "C", Rename: department.Rename{Schema: "LAKE"}}},
			},
		},
	}
	got, err := NewPreflightProperties(d, "vpc-1", EndpointDefinitions{Source: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	want := PreflightProperties{
		Location: "vpc-1", Database: "ORCLPDB1", Secret: "oralake/sales", Endpoints: EndpointDefinitions{Source: "s1"},
		Instance: InstanceDefinition{Class: "dms.r6i.xlarge", StorageGB: "200", EngineVersion: "3.6.1", MultiAZ: "true"},
		Jobs: map[string]PreflightJob{
			"daily": {Type: department.FullLoad},
			"tail": {
				Type: department.CDC, OnReplace: "restart", Backfill: "false", StartFrom: "now",
				Tables: map[string]string{"S.C": "LAKE.C"},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	for i := range 3000 {
		d.Jobs[1].Tables = append(d.Jobs[1].Tables, department.Table{Schema: "SCHEMA", Name: fmt.Sprintf("TABLE_%d", i)})
	}
	if _, err := NewPreflightProperties(d, "vpc-1", EndpointDefinitions{}); err == nil || !strings.Contains(err.Error(), "3001 tables") {
		t.Errorf("error = %v, want one with the number of tables", err)
	}
}
