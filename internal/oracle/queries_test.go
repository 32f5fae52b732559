package oracle

import (
	"strings"
	"testing"
)

func TestCatalogueReads(t *testing.T) {
	for _, q := range catalogue {
		text := strings.ToUpper(q.text)
		if text != "{TABLES}" && !strings.HasPrefix(text, "SELECT ") {
			t.Errorf("%s does not begin with SELECT", q.name)
		}
		for _, word := range []string{"FOR UPDATE", "INSERT ", "DELETE ", "ALTER ", ";"} {
			if strings.Contains(text, word) {
				t.Errorf("%s contains %s", q.name, word)
			}
		}
		if strings.Contains(q.text, "{where}") != (q.owner != "" && q.table != "") {
			t.Errorf("%s: it needs both {where} and its two columns, or none of them", q.name)
		}
		if strings.Contains(q.text, "{where2}") != (q.owner2 != "") {
			t.Errorf("%s: it needs both {where2} and owner2, or none of them", q.name)
		}
		for branch := range strings.SplitSeq(text, "UNION ALL") {
			if strings.Contains(branch, " JOIN ") || strings.Count(branch, "FROM ") > 1 {
				t.Errorf("%s reads several views in one branch, which takes long on a large dictionary", q.name)
			}
		}
		if q.loses == "" {
			t.Errorf("%s does not say what is not known if it fails", q.name)
		}
	}
}
