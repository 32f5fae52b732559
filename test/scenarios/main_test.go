package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// scratch is deleted after the tests; sampleDir, in it, has the rows of the source, which no test changes.
var scratch, sampleDir string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	// The CDK runs on the Node that package.json pins, if it is installed. It starts with the first template that a test makes.
	os.Setenv("PATH", filepath.Join(harness.Root(), "node_modules", ".bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	defer jsii.Close()
	dir, err := os.MkdirTemp("", "oralake-scenarios-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	scratch, sampleDir = dir, filepath.Join(dir, "source")
	if err := oracledb.Generate(context.Background(), sampleDir, 0.001, func(string, int64) {}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	debug.SetGCPercent(800) // Each scenario makes much, and keeps none of it.
	return m.Run()
}
