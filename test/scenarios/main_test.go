package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/oralake/oralake/test/cdkprocess"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// scratch is deleted after the tests. sampleDir, in it, is the source database, which no test changes.
var scratch, sampleDir string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	// The CDK runs on the Node version of package.json, if it is installed. The first call of synthesize starts it.
	os.Setenv("PATH", filepath.Join(harness.Root(), "node_modules", ".bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	dir, err := os.MkdirTemp("", "oralake-scenarios-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Setenv("TMPDIR", dir) // The CDK's process leaves files there.
	defer cdkprocess.Close()
	scratch, sampleDir = dir, filepath.Join(dir, "source")
	if err := oracledb.Generate(context.Background(), sampleDir, 0.001, func(string, int64) {}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	debug.SetGCPercent(800) // A scenario allocates much and keeps none of it.
	return m.Run()
}
