// These tests deploy a department with the CDK CLI, start runs, and destroy the stack in the middle of them, at moments drawn at random from their whole life. What it then looks for is told in check_test.go.
//
// The CLI is the unmodified one, and the functions are processes as on AWS. Only synthesizing is done once, for all
// rounds: the CLI reads the same cloud assembly again and again.
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

// A round takes most of its time in waiting: the clean-up gives functions of stopped runs half a minute, on no clock but
// the real one. So several accounts are at work at once.
var (
	rounds = flag.Int("rounds", 2, "how often to deploy, start runs and destroy")
	seed   = flag.Uint64("seed", 1, "of the moments at which stacks are destroyed")
	atOnce = flag.Int("at-once", 8, "how many accounts are at work at the same time")
)

// speed is how many times faster than on AWS waiting is. A task takes three minutes to create there, and not a second
// here: so a run is in its functions for about as long as it waits.
const speed = 200

// total is what all rounds came to.
var total summary

func TestMain(m *testing.M) {
	// The CLI and the CDK run on the Node that package.json pins.
	os.Setenv("PATH", bin()+string(os.PathListSeparator)+os.Getenv("PATH"))
	status := m.Run()
	if total.Rounds > 0 {
		// Here it is the last line of all.
		if err := json.NewEncoder(os.Stdout).Encode(total); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// bin is where the CDK CLI is.
func bin() string { return filepath.Join(harness.Root(), "node_modules", ".bin") }

// needCLI has a test of the CDK CLI run beside others, since the CLI and the clean-up wait for much. It takes most of a
// minute, so that -short is without it.
func needCLI(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short runs no CDK CLI")
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
	t.Logf("met by the deletions: %s", total.moments())
	total.Seconds = int(time.Since(began).Seconds())
}

// synthesize makes the cloud assembly of the department in an account of its own.
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
