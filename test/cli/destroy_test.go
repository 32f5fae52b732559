// These tests deploy a department with the CDK CLI, start runs, and delete the stack during them, at random moments. See
// check_test.go for what they check afterwards.
//
// The CLI is unmodified, and the functions are processes as on AWS. One cloud assembly is synthesized for all rounds.
package cli_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/oralake/oralake/test/demo"
	"github.com/oralake/oralake/test/harness"
)

// A round mostly waits: the clean-up waits half a minute of real time for functions of stopped runs. So several accounts
// run rounds in parallel.
var (
	rounds = flag.Int("rounds", 2, "how often to deploy, start runs and destroy")
	seed   = flag.Uint64("seed", 1, "of the moments at which stacks are destroyed")
	atOnce = flag.Int("at-once", 8, "how many accounts run rounds in parallel")
)

// speed is how many times shorter waits are than on AWS. A task takes three minutes to create there, and less than a second
// here. So a run spends about the same time in its functions as in waits.
const speed = 200

// total is the sum of all rounds.
var total summary

func TestMain(m *testing.M) {
	// The CLI and the CDK run on the Node version of package.json.
	os.Setenv("PATH", bin()+string(os.PathListSeparator)+os.Getenv("PATH"))
	status := m.Run()
	if total.Rounds > 0 {
		// The summary is the last line of the output.
		if err := json.NewEncoder(os.Stdout).Encode(total); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// bin returns the folder of the CDK CLI.
func bin() string { return filepath.Join(harness.Root(), "node_modules", ".bin") }

// needCLI runs a test of the CDK CLI in parallel with others, since the CLI and the clean-up mostly wait. It skips the test
// with -short, since it takes most of a minute.
func needCLI(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short does not run the CDK CLI")
	}
	if _, err := os.Stat(filepath.Join(bin(), "cdk")); err != nil {
		t.Fatalf("the CDK CLI is not installed: run `make node_modules` first: %v", err)
	}
	t.Parallel()
}

func TestDestroyInTheMiddle(t *testing.T) {
	needCLI(t)
	root := harness.Root()
	began := time.Now()
	assembly := filepath.Join(t.TempDir(), "cdk.out")
	if err := synthesize(t.Context(), root, t.TempDir(), assembly, t.Output()); err != nil {
		t.Fatal(err)
	}

	next := make(chan int)
	results := make(chan result)
	group, ctx := errgroup.WithContext(t.Context())
	for range min(*atOnce, *rounds) {
		w := worker{root: root, assembly: assembly, dir: t.TempDir}
		group.Go(func() error {
			defer w.close()
			for n := range next {
				r := w.round(ctx, n, rand.New(rand.NewPCG(*seed, uint64(n))))
				select {
				case results <- r:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(next)
		for n := range *rounds {
			select {
			case next <- n:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	done := make(chan error, 1)
	go func() { done <- group.Wait(); close(results) }()
	for r := range results {
		total.add(r)
		met := strings.Join(r.Doing, ", ")
		t.Logf("round %d: %s", r.Number, met)
		if problem := r.problem(); problem != "" {
			t.Errorf("round %d of seed %d: %s\ndestroyed when: %s\n%s", r.Number, *seed, problem, met, r.Transcript)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	t.Logf("states at the deletions: %s", total.moments())
	total.Seconds = int(time.Since(began).Seconds())
}

// synthesize writes the cloud assembly of the department, in its own account.
func synthesize(ctx context.Context, root, dir, assembly string, out io.Writer) error {
	w, err := openWorld(ctx, root, dir, out)
	if err != nil {
		return err
	}
	defer w.Close()
	departments := filepath.Join(root, "test/cli/testdata")
	return w.Synthesize(ctx, "department="+departmentName, assembly, "-c", "departments="+departments)
}

func openWorld(ctx context.Context, root, dir string, out io.Writer) (*demo.World, error) {
	return demo.OpenWorld(ctx, demo.Options{Root: root, Dir: dir, Scale: 0.001, Speed: speed, Out: out})
}
