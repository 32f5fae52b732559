// Package commandline_test runs the program oralake against the embedded AWS, in virtual time. Each file of testdata is a story:
// commands, and what they print. make test-update writes what they print.
package commandline_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

var update = flag.Bool("update", false, "write what the commands print into the stories")

// sampleDir has the source database, which no story changes: those that write use a clone of it.
var sampleDir string

// home is the folder of this package.
var home string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "oralake-commandline-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	sampleDir = filepath.Join(dir, "source")
	if home, err = os.Getwd(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := oracledb.Generate(context.Background(), sampleDir, 0.001, func(string, int64) {}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			db, err := oracledb.Open(sampleDir)
			if err != nil {
				t.Fatal(err)
			}
			if db, err = db.Clone(t.TempDir()); err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := db.Alter(t.Context(), "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS"); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, db)
				testscript.RunT(bubble{t}, testscript.Params{
					Files: []string{file}, Cmds: s.commands(), UpdateScripts: *update, RequireUniqueNames: true,
					Setup: func(env *testscript.Env) error {
						env.Setenv("SAMPLES", filepath.Join(harness.Root(), "departments"))
						return nil
					},
				})
			})
		})
	}
}

// bubble runs a script in the bubble of its test: a bubble has no subtests.
type bubble struct{ *testing.T }

func (b bubble) Parallel() {}

func (b bubble) Run(_ string, f func(testscript.T)) { f(b) }

func (b bubble) Verbose() bool { return testing.Verbose() }
