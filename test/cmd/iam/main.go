// Command iam proves that the roles of a department have the permissions that they need, and no others. It runs all scenarios and
// records which action each role uses. Then it takes every action away, one by one: it deploys the template without it and runs the
// scenarios that use it, until one fails. It writes a report. Its last line is JSON.
//
// Run it as `make iam`, which builds the scenarios first.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
)

func main() {
	o := options{
		binary: ".build/scenarios.test", log: ".build/iam-accesses.jsonl", removals: ".build/iam-removals.json", report: ".build/iam.md",
	}
	only := flag.String("only", "", "take away only permissions, \"ROLE ACTION\", that match this pattern")
	flag.BoolVar(&o.reuse, "reuse", false, "take the use of permissions from the last recording")
	flag.IntVar(&o.part, "part", 1, "which part of the permissions to take away")
	flag.IntVar(&o.parts, "parts", 1, "into how many parts the permissions are divided")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if o.only, err = regexp.Compile(*only); err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	binary, log, removals, report string // files
	only                          *regexp.Regexp
	reuse                         bool
	part, parts                   int
}

// summary is the last line of the output.
type summary struct {
	Roles   int `json:"roles"`
	Actions int `json:"actions"` // of all roles together
	Denied  int `json:"denied"`
	Unused  int `json:"unused"`  // outside the committed list
	Removed int `json:"removed"` // by all parts since the recording
	Caught  int `json:"caught"`
}

func run(ctx context.Context, o options) error {
	permissions, err := readPermissions()
	if err != nil {
		return err
	}
	if !o.reuse {
		if err := record(ctx, o); err != nil {
			return err
		}
	}
	use, err := readUse(o.log)
	if err != nil {
		return err
	}
	done, err := openRemovals(o.removals, !o.reuse)
	if err != nil {
		return err
	}
	for i, p := range permissions {
		p.tests = use.tests[p.name()]
		if len(p.tests) == 0 || p.reason != "" || !o.only.MatchString(p.name()) || i%o.parts != o.part-1 {
			continue
		}
		caught, err := takeAway(ctx, o, use, p)
		if err != nil {
			return err
		}
		if caught == "" {
			fmt.Printf("NOT CAUGHT  %s\n", p.name())
		} else {
			fmt.Printf("caught      %s: %s\n", p.name(), caught)
		}
		if err := done.note(p.name(), caught); err != nil {
			return err
		}
	}
	sum := summary{Denied: len(use.denied), Actions: len(permissions)}
	roles := map[string]bool{}
	for _, p := range permissions {
		roles[p.role] = true
		if len(p.tests) == 0 && p.reason == "" {
			sum.Unused++
			fmt.Printf("NOT USED    %s\n", p.name())
		}
		if p.caught, p.removed = done.of[p.name()]; p.removed {
			sum.Removed++
		}
		if p.caught != "" {
			sum.Caught++
		}
	}
	sum.Roles = len(roles)
	if err := writeReport(o.report, permissions, use, sum); err != nil {
		return err
	}
	line, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if sum.Denied+sum.Unused > 0 || sum.Caught < sum.Removed {
		return fmt.Errorf("the permissions are not proved: %s says which", o.report)
	}
	return nil
}
