package templates

import (
	"reflect"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/contract"
)

// The functions of the custom resources read only structured values. Sentences, which have blanks, are for people: a
// changed sentence must not change what a function does. Only names of tables may have blanks.
func TestFunctionsReadNoSentences(t *testing.T) {
	structures := map[string]any{contract.PreflightType: contract.PreflightProperties{}, contract.JobType: contract.JobProperties{}}
	for stack, one := range departmentStacks(t) {
		looked := 0
		for id, r := range one.Resources {
			structure, custom := structures[r.Type]
			if !custom {
				continue
			}
			kind := reflect.TypeOf(structure)
			for i := range kind.NumField() {
				name := kind.Field(i).Name
				for _, text := range texts(r.Properties[name]) {
					looked++
					if strings.ContainsAny(text, " \t\n") {
						t.Errorf("%s: %s of %s is a sentence: %q", stack, name, id, text)
					}
				}
			}
		}
		if looked < 10 {
			t.Errorf("%s: %d values, want at least 10", stack, looked)
		}
	}
}

// texts returns the texts in a value, except the names of tables.
func texts(value any) (all []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, member := range value {
			all = append(all, texts(member)...)
		}
	case map[string]any:
		for key, member := range value {
			switch key {
			case "Tables": // The names of tables may have blanks.
			case "Transformations":
				for _, one := range member.(map[string]any) {
					all = append(all, texts(one)...)
				}
			default:
				all = append(append(all, key), texts(member)...)
			}
		}
	}
	return all
}
