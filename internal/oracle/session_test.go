package oracle

import (
	"fmt"
	"strings"
	"testing"
)

// For more tables than fit in a list of Oracle, the statement reads whole schemas.
func TestConditionOfManyTables(t *testing.T) {
	few, args := queryLogGroups.forTables([]Table{{Schema: "A", Name: "X"}, {Schema: "B", Name: "X"}, {Schema: "A", Name: "Y"}})
	if want := "(owner IN (:o1, :o2)) AND (table_name IN (:t3, :t4))"; !strings.HasSuffix(few, " WHERE "+want) || len(args) != 4 {
		t.Errorf("condition %s with %d arguments, want %s with 4", few, len(args), want)
	}
	var tables []Table
	for i := range 1500 {
		tables = append(tables, Table{Schema: fmt.Sprintf("S%d", i), Name: fmt.Sprintf("T%d", i)})
	}
	many, args := queryLogGroups.forTables(tables)
	if strings.Contains(many, "table_name IN") || strings.Count(many, "owner IN") != 2 || len(args) != 1500 {
		t.Errorf("condition with %d arguments, want 1500 schemas in two lists and no tables: %.100s", len(args), many)
	}
}
