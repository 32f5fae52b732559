package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/oralake/oralake/test/mutants"
	"github.com/oralake/oralake/test/simulation/finding"
)

// simulations has, for each simulation, its package in the module test, its test, and the option with the number of lives.
var simulations = map[string]struct{ folder, test, lives string }{
	mutants.Histories: {"./simulation/cdcmodel", "^TestHistories$", "-histories"},
	mutants.Chaos:     {"./simulation/faults", "^TestChaos$", "-schedules"},
}

// withoutFault is the program of a simulation of the product as it is. The Makefile builds it.
func withoutFault(simulation string) string { return filepath.Join(".build", simulation+".test") }

// search compiles a mutant and runs its simulation until a life breaks a guarantee that the same life keeps with the product
// as it is. The finding is nil if no life does.
func search(ctx context.Context, m mutants.Mutant, dir string) (found *finding.Finding, lives int, err error) {
	overlay, err := m.Overlay(".", dir)
	if err != nil {
		return nil, 0, err
	}
	program := filepath.Join(dir, m.Simulation+".test")
	build := exec.CommandContext(ctx, "go", "test", "-C", "test", "-c", "-ldflags=-s -w", "-overlay", overlay, "-o", program, simulations[m.Simulation].folder)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, 0, fmt.Errorf("compile: %w\n%s", err, out)
	}
	for first, end := m.First, m.First+m.Lives; first < end; {
		found, err := live(ctx, m.Simulation, program, first, end-first)
		if err != nil || len(found) == 0 {
			return nil, m.Lives, err
		}
		seed := int(found[0].Seed)
		already, err := live(ctx, m.Simulation, withoutFault(m.Simulation), seed, 1)
		if err != nil {
			return nil, seed, err
		}
		if len(already) == 0 {
			return &found[0], seed - m.First + 1, nil
		}
		fmt.Printf("           %s %d breaks a guarantee without the mutant, too: %s\n", m.Simulation, seed, already[0].Text)
		first = seed + 1
	}
	return nil, m.Lives, nil
}

// live runs lives from a seed on, up to the first that breaks a guarantee, and returns what it broke.
func live(ctx context.Context, name, program string, seed, lives int) (found []finding.Finding, err error) {
	s := simulations[name]
	out, err := runTests(ctx, s.folder, program, "-test.run", s.test, "-first", "-seed", strconv.Itoa(seed), s.lives, strconv.Itoa(lives))
	for line := range bytes.Lines(out) {
		if f, ok := finding.Parse(line); ok {
			found = append(found, f)
		}
	}
	var failed *exec.ExitError
	if len(found) > 0 && errors.As(err, &failed) {
		return found, nil // The tests fail because of what they found.
	}
	return found, err
}

// runTests runs a compiled test in its folder, as go test does.
func runTests(ctx context.Context, folder, program string, args ...string) ([]byte, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, append(args, "-test.timeout", "60m")...)
	command.Dir = filepath.Join("test", folder)
	var errs bytes.Buffer
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", filepath.Base(program), err, out, &errs)
	}
	return out, err
}

// resultLine is the line of a subtest's result.
var resultLine = regexp.MustCompile(`^ +--- (PASS|FAIL): (Test\w+)/(\S+)`)

// plantedByTests runs the tests of a simulation that plant faults while they run: a function that does something else, or
// another definition of the state machine. Each fault is a subtest, which passes if the simulation finds the fault.
func plantedByTests(ctx context.Context, name string, sum *tally) error {
	out, err := runTests(ctx, simulations[name].folder, withoutFault(name), "-test.run", "^(TestPlantedBugsAreFound|TestEndlessWorkIsFound)$", "-test.v")
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if m := resultLine.FindStringSubmatch(lines.Text()); m != nil {
			n++
			sum.count(m[3], m[1] == "PASS", "planted by "+m[2]+" of "+name)
		}
	}
	if n == 0 {
		return fmt.Errorf("the tests of %s planted no fault: %v\n%s", name, err, out)
	}
	return nil
}
