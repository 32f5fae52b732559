package yamlschema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/yamlschema"
)

func TestNearest(t *testing.T) {
	candidates := []string{"subnetIds", "schedule", "eq", "noteq", "type"}
	for word, want := range map[string]string{
		"subnet_ids": "subnetIds", // another spelling
		"SCHEDULE":   "schedule",
		"schedul":    "schedule", // one letter missing
		"scheddule":  "schedule", // one letter too many
		"schedale":   "schedule", // one letter changed
		"tpye":       "type",     // two letters swapped
		"neq":        "eq",
		"colour":     "",
		"":           "",
		"a-very-long-word-that-nobody-can-have-meant-as-any-of-these-short-keys": "",
	} {
		if got := yamlschema.Nearest(word, candidates); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestWording(t *testing.T) {
	long := "ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääX" // 61 characters
	got := []string{
		yamlschema.Listed(nil, "or"), yamlschema.Listed([]string{"a"}, "or"), yamlschema.Listed([]string{"a", "b"}, "or"),
		yamlschema.Listed([]string{"a", "b", "c"}, "and"), yamlschema.Plural(1, "item"), yamlschema.Plural(0, "item"),
		yamlschema.Quoted("a\n\"b\""), yamlschema.Clipped(long[:120]), yamlschema.Clipped(long),
	}
	want := []string{"", "a", "a or b", "a, b and c", "item", "items", `"a\n\"b\""`, long[:120], long[:120] + "..."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
