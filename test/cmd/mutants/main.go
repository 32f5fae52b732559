// Command mutants plants every fault of test/mutants in the product, one at a time, and lets a simulation find it. It also
// runs the tests that plant faults while they run. Its last line is JSON: how many faults were planted, and how many found.
//
// Run it as `make mutants`, which builds the simulations without a fault first.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"

	"github.com/oralake/oralake/test/mutants"
)

func main() {
	only := flag.String("only", "", "plant only the mutants whose names match this pattern, and no test's faults")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tally is the last line of the output.
type tally struct {
	Planted int `json:"planted"`
	Found   int `json:"found"`
}

func (t *tally) count(name string, found bool, how string) {
	word := "found"
	t.Planted++
	if found {
		t.Found++
	} else {
		word = "NOT FOUND"
	}
	fmt.Printf("%-9s  %s: %s\n", word, name, how)
}

func run(ctx context.Context, only string) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	all, err := mutants.Read("test/mutants/planted")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "oralake-mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var sum tally
	if only == "" {
		for _, simulation := range []string{mutants.Histories, mutants.Chaos} {
			if err := plantedByTests(ctx, simulation, &sum); err != nil {
				return err
			}
		}
	}
	for _, m := range all {
		if !pattern.MatchString(m.Name) {
			continue
		}
		began := time.Now()
		finding, lives, err := search(ctx, m, dir)
		if err != nil {
			return fmt.Errorf("mutant %s: %w", m.Name, err)
		}
		how := fmt.Sprintf("%s\n           %d %s in %.0f s", m.Fault, lives, m.Simulation, time.Since(began).Seconds())
		if finding != nil {
			how += fmt.Sprintf("; %d: %s: %s", finding.Seed, finding.Kind, strings.ReplaceAll(finding.Text, "\n", " "))
		}
		sum.count(m.Name, finding != nil, how)
	}
	line, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if sum.Found < sum.Planted {
		return fmt.Errorf("%d faults were not found: a simulation has to look for them, or to try more lives", sum.Planted-sum.Found)
	}
	return nil
}
