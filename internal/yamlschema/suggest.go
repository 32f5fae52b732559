package yamlschema

import (
	"fmt"
	"strings"
)

// unknown explains a key that the mapping does not have. It also returns the known key that the writer probably meant, or
// "".
func (t Mapping[T]) unknown(d *Decoder, key string, n *Node) (f *Fault, meant string) {
	keys := t.Keys()
	if reason := hint(d.hints.Refused, key); reason != "" {
		return Faultf("remove it", "%s is not a key: %s", Clipped(key), reason), ""
	}
	what := fmt.Sprintf("%s is not a key of %s: its keys are %s", Quoted(key), n.Label(), Listed(keys, "and"))
	if near := Nearest(key, keys); near != "" {
		return &Fault{what, "write " + near}, near
	}
	if home := hint(d.hints.Home, key); home != "" {
		return &Fault{what, "move it: it belongs in " + home}, ""
	}
	return &Fault{what, "remove it, or write one of these"}, ""
}

func hint(of func(string) string, key string) string {
	if of == nil {
		return ""
	}
	return of(key)
}

// Fold returns a key in lower case without hyphens, underscores and dots. Two spellings of one key fold to the same text.
func Fold(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(key))
}

// Nearest returns the candidate of which word is probably a misspelling, or "".
func Nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, fewest := "", 0
	for _, c := range candidates {
		d := distance(Fold(word), Fold(c))
		if d <= max(1, len(c)/3) && (best == "" || d < fewest) {
			best, fewest = c, d
		}
	}
	return best
}

// Suggestion returns "; did you mean X?" for a word that is probably a misspelling of X, one of the candidates, and otherwise "".
func Suggestion(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// distance returns how many bytes must be inserted, deleted, changed or swapped with the next one to turn a into b (the
// optimal string alignment distance).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			best := min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				best = min(best, rows[i-2][j-2]+1)
			}
			rows[i][j] = best
		}
	}
	return rows[len(a)][len(b)]
}
