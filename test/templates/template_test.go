package templates

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// Each change of a template is a change of its golden file, which a review reads.
func TestTemplates(t *testing.T) {
	for name, one := range world(t) {
		t.Run(name, func(t *testing.T) {
			got := normalise(one.source)
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("template of %s (-want +got), `make test-update` accepts it:\n%s", name, diff)
			}
		})
	}
}

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// normalise replaces the hashes of assets, which change with every line of Go, with numbers in order of appearance.
func normalise(source []byte) []byte {
	seen := map[string]string{}
	return append(assetHash.ReplaceAllFunc(source, func(hash []byte) []byte {
		if _, ok := seen[string(hash)]; !ok {
			seen[string(hash)] = fmt.Sprintf("ASSET%d", len(seen)+1)
		}
		return []byte(seen[string(hash)])
	}), '\n')
}
