package department

import (
	"fmt"
	"slices"
	"strings"
)

// unknown explains a key that the record does not have, and gives the key that was probably meant, or "".
func (s record[T]) unknown(key string, n *node) (f *fault, meant string) {
	keys := s.keys()
	if reason := traps[folded(key)]; reason != "" {
		return faultf("remove it", "%s is not a key: %s", clipped(key), reason), ""
	}
	what := fmt.Sprintf("%s is not a key of %s: its keys are %s", quoted(key), n.label(), listed(keys, "and"))
	if near := nearest(key, keys); near != "" {
		return &fault{what, "write " + near}, near
	}
	if home := homes()[folded(key)]; home != "" {
		return &fault{what, "move it: it belongs in " + home}, ""
	}
	return &fault{what, "remove it, or write one of these"}, ""
}

// traps are settings that people know from DMS and that this file does not offer, with the reason, by folded name.
var traps = map[string]string{
	"batchapply":                 "batch apply can lose changes on the way to S3, so it stays off",
	"batchapplyenabled":          "batch apply can lose changes on the way to S3, so it stays off",
	"preservetransactions":       "keeping transactions forces CSV and gives up the partitions by date",
	"cdcpath":                    "it only works with preserved transactions, which force CSV",
	"cdcinsertsonly":             "updates and deletes would be lost",
	"cdcinsertsandupdates":       "deletes would be lost",
	"fulllob":                    "full LOB mode does not exist for S3; lobMaxKB is the size up to which LOBs are taken",
	"inlinelob":                  "inline LOB mode does not exist for S3; lobMaxKB is the size up to which LOBs are taken",
	"handlesourcetabletruncated": "a TRUNCATE at the source would delete the files in the lake, so it stays off",
	"handlesourcetabledropped":   "a DROP at the source would delete the files in the lake, so it stays off",
	"username":                   "credentials live in the Secrets Manager secret, never in this file",
	"password":                   "credentials live in the Secrets Manager secret, never in this file",
	"host":                       "the secret holds it, beside username, password and port",
	"port":                       "the secret holds it, beside username, password and host",
	"publiclyaccessible":         "the replication instance never has a public address",
}

// folded is a key without its case and punctuation, so that snake_case, kebab-case and DMS's own spelling meet.
func folded(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(key))
}

// nearest is the candidate that a slip of the pen turns into word, or "".
func nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, fewest := "", 0
	for _, c := range candidates {
		d := distance(folded(word), folded(c))
		if d <= max(1, len(c)/3) && (best == "" || d < fewest) {
			best, fewest = c, d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out, changed or swapped with the next one to make b of a (the
// optimal string alignment).
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

// homes says for each key, folded, where it belongs; keys of several places are left out.
func homes() map[string]string {
	places := map[string]string{}
	add := func(where string, keys []string) {
		for _, key := range keys {
			k := folded(key)
			if _, several := places[k]; several {
				places[k] = ""
				continue
			}
			places[k] = where
		}
	}
	add("network", networkShape().keys())
	add("source", sourceShape().keys())
	add("replication", replicationShape().keys())
	add("lake", lakeShape().keys())
	add("the file's top level", slices.DeleteFunc(fileShape().keys(), func(k string) bool { return k == "jobs" }))
	add("a job", jobShape().keys())
	add("an object in a job's tables", tableShape().keys())
	return places
}
