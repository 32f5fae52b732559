package stacks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// A table of two jobs has one statement, and a long list is shortened.
func TestWholeRowsText(t *testing.T) {
	d := &department.Department{Jobs: []department.Job{
		{Name: "nightly", Type: department.FullLoad, Tables: []department.Table{{Schema: "S", Name: "ALONE"}}},
		{Name: "live", Type: department.CDC},
		{Name: "more", Type: department.FullLoadAndCDC, Tables: []department.Table{{Schema: "S", Name: "T0"}}},
	}}
	for i := range 2000 {
		d.Jobs[1].Tables = append(d.Jobs[1].Tables, department.Table{Schema: "S", Name: fmt.Sprintf("T%d", i)})
	}
	text := wholeRowsText(d, false)
	lines := strings.Split(text, "\n")
	if len(lines) != 1+1+mostStatements+1 {
		t.Fatalf("%d lines:\n%s", len(lines), text)
	}
	if !strings.HasPrefix(lines[0], "live, more must find whole rows") || lines[1] != "  ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;" ||
		lines[2] != `  ALTER TABLE "S"."T0" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;` ||
		lines[len(lines)-1] != "  and the same for 1980 more tables" || strings.Contains(text, "ALONE") {
		t.Errorf("text:\n%s", text)
	}
	if text := wholeRowsText(&department.Department{Jobs: d.Jobs[:1]}, false); text != "" {
		t.Errorf("without a job that follows changes: %q, want nothing", text)
	}
}
