package layer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

func TestCheckGLIBC(t *testing.T) {
	tests := map[string]struct {
		symbols []string
		newest  string
		fails   bool
	}{
		"as new as Lambda's": {[]string{"GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.2.5"}, "2.34", false},
		"too new":            {[]string{"GLIBC_2.4", "GLIBC_2.38"}, "2.38", true},
		"not by letters":     {[]string{"GLIBC_2.9", "GLIBC_2.17"}, "2.17", false},
		"none":               {nil, "", false},
		"another library's":  {[]string{"GLIBCXX_9.9", "GLIBC_PRIVATE"}, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bootstrap")
			if err := os.WriteFile(path, layertest.Library{Glibc: test.symbols}.Bytes(), 0o755); err != nil {
				t.Fatal(err)
			}
			newest, err := layer.CheckGLIBC(path)
			if newest != test.newest || (err != nil) != test.fails {
				t.Errorf("got %q, %v, want %q, failing %t", newest, err, test.newest, test.fails)
			}
		})
	}
}
