package oracle

import (
	"slices"
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
		for _, n := range q.newer {
			if strings.Count(q.text, n.column) != 1 || strings.Contains(q.of(release{11, 2}).text, n.column) || q.of(n.since).text != q.text {
				t.Errorf("%s: a release before %v is not asked for something else than %s", q.name, n.since, n.column)
			}
		}
		for branch := range strings.SplitSeq(text, "UNION ALL") {
			if strings.Contains(branch, " FROM ALL_") && !strings.Contains(branch, "_PRIVS") && !strings.Contains(branch, "{") &&
				!strings.Contains(branch, "ALL_USERS") && !strings.Contains(branch, "ALL_DIRECTORIES") && !strings.Contains(branch, "ALL_DB_LINKS") {
				t.Errorf("%s reads a view without a condition that selects the job's tables", q.name)
			}
			if strings.Contains(branch, " JOIN ") || strings.Count(branch, "FROM ") > 1 {
				t.Errorf("%s reads several views in one branch, which takes long on a large dictionary", q.name)
			}
		}
		if q.loses == "" {
			t.Errorf("%s does not say what is not known if it fails", q.name)
		}
	}
}

// Each branch of a statement about the redo log reads one view.
func TestRedoBranchesReadOneView(t *testing.T) {
	for _, b := range slices.Concat(redoBranches, archivedRedoBranches) {
		text := strings.ToUpper(b.text)
		if !strings.HasPrefix(text, "SELECT ") || strings.Count(text, "SELECT ") != 1 || strings.Count(text, "FROM ") != 1 ||
			strings.Contains(text, " JOIN ") {
			t.Errorf("%s: %s: want one SELECT from one view", b.name, b.text)
		}
		if len(b.objects) != 1 || b.loses == "" {
			t.Errorf("%s names the objects %q and loses %q; want one object, and what is not known without it", b.name, b.objects, b.loses)
		}
	}
}
