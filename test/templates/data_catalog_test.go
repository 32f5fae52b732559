package templates

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
)

// A department has one database in the Data Catalog, with a name that Athena can use. Only the functions that publish and that find orphans
// may call Glue, and only for this database and its tables.
func TestADepartmentHasItsDatabaseInTheCatalog(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		if stack == "oralake-archive" {
			continue
		}
		name := strings.ReplaceAll(stack, "-", "_")
		var database string // logical id
		for id, r := range one.Resources {
			if r.Type != "AWS::Glue::Database" {
				continue
			}
			if database != "" || at(t, r.Properties, "DatabaseInput", "Name") != name {
				t.Errorf("%s has the database %v, want one, with the name %s", stack, r.Properties, name)
			}
			if r.DeletionPolicy != "" {
				t.Errorf("%s keeps its database when it is destroyed", stack)
			}
			database = id
		}
		if database == "" {
			t.Errorf("%s has no database", stack)
			continue
		}
		join := func(parts ...any) any {
			return map[string]any{"Fn::Join": []any{"", append([]any{
				"arn:", ref("AWS::Partition"), ":glue:", ref("AWS::Region"), ":", ref("AWS::AccountId"),
			}, parts...)}}
		}
		want := []any{join(":catalog"), join(":database/", ref(database)), join(":table/", ref(database), "/*")}
		for _, p := range permissions(t, one) {
			if !slices.ContainsFunc(p.Action, func(action string) bool { return strings.HasPrefix(action, "glue:") }) {
				continue
			}
			if !strings.HasPrefix(p.role, "FunctionsPublishRole") && !strings.HasPrefix(p.role, "FunctionsOrphansRole") {
				t.Errorf("%s: %s may call Glue: %v", stack, p.role, p.Action)
			}
			if diff := cmp.Diff(want, p.Resource); diff != "" {
				t.Errorf("%s: %v on (-want +got):\n%s", stack, p.Action, diff)
			}
		}
	}
}

func ref(name string) any { return map[string]any{"Ref": name} }

// A department with catalog: off has nothing of Glue.
func TestNoCatalogIsNoGlue(t *testing.T) {
	source := world(t)["oralake-archive"].source
	if len(source) == 0 {
		t.Fatal("there is no stack oralake-archive")
	}
	for _, word := range []string{"glue", "catalog", contract.EnvCatalogDatabase} {
		if bytes.Contains(bytes.ToLower(source), bytes.ToLower([]byte(word))) {
			t.Errorf("the template of oralake-archive, which has catalog: off, has the word %s", word)
		}
	}
}
