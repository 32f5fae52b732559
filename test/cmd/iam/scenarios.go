package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/test/harness"
)

// record runs all scenarios, and records what roles use and how long each scenario takes.
func record(ctx context.Context, o options) error {
	if err := os.Remove(o.log); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fmt.Println("running all scenarios")
	output, err := scenario(ctx, o, ".", harness.EnvAccessLog, time.Hour)
	if writeErr := os.WriteFile(o.log+".txt", output, 0o644); writeErr != nil {
		return writeErr
	}
	if err != nil {
		return fmt.Errorf("the scenarios fail without any permission being taken away: %w; their output is in %s.txt", err, o.log)
	}
	return nil
}

// scenario runs the scenarios that match a pattern, with a variable of harness in their environment, "NAME" or "NAME=value".
func scenario(ctx context.Context, o options, pattern, variable string, limit time.Duration) ([]byte, error) {
	paths := map[string]string{}
	for _, name := range []string{o.binary, o.log} {
		path, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		paths[name] = path
	}
	if variable == harness.EnvAccessLog {
		variable += "=" + paths[o.log]
	}
	cmd := exec.CommandContext(ctx, paths[o.binary], "-test.v", "-test.failfast", "-test.run", pattern, "-test.timeout", limit.String())
	cmd.Dir = "test/scenarios"
	cmd.Env = append(os.Environ(), variable, "GOMEMLIMIT=2GiB")
	return cmd.CombinedOutput()
}

// use is what a recording says.
type use struct {
	tests   map[string][]string // the scenarios that use a permission, the quickest first
	seconds map[string]float64  // that a scenario takes
	denied  []string
}

var took = regexp.MustCompile(`(?m)^--- PASS: (\w+) \(([0-9.]+)s\)`)

func readUse(log string) (use, error) {
	content, err := os.ReadFile(log)
	if err != nil {
		return use{}, fmt.Errorf("read the recording: %w; run without -reuse", err)
	}
	output, err := os.ReadFile(log + ".txt")
	if err != nil {
		return use{}, fmt.Errorf("read the recording: %w; run without -reuse", err)
	}
	seconds := map[string]float64{}
	for _, found := range took.FindAllSubmatch(output, -1) {
		seconds[string(found[1])], _ = strconv.ParseFloat(string(found[2]), 64)
	}
	u := use{tests: map[string][]string{}, seconds: seconds}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var line harness.AccessLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return use{}, fmt.Errorf("read %s: %w", log, err)
		}
		if _, passed := seconds[line.Test]; !passed {
			continue
		}
		u.denied = append(u.denied, line.Denied...)
		for _, name := range line.Used {
			if !slices.Contains(u.tests[name], line.Test) {
				u.tests[name] = append(u.tests[name], line.Test)
			}
		}
	}
	for _, tests := range u.tests {
		slices.SortFunc(tests, func(a, b string) int { return cmp.Compare(seconds[a], seconds[b]) })
	}
	slices.Sort(u.denied)
	u.denied = slices.Compact(u.denied)
	return u, lines.Err()
}

// quickTries is the number of scenarios that are tried one by one, the quickest first. After them all others that use the permission are
// tried together.
const quickTries = 6

// madeFor are scenarios that look at what most scenarios do not: they are tried first.
var madeFor = []struct {
	permission *regexp.Regexp
	test       string
}{
	{regexp.MustCompile(` (logs|xray):`), "TestEverythingIsLoggedAndTraced"},
	{regexp.MustCompile(` logs:`), "TestFlowLogsAreDelivered"},
	{regexp.MustCompile(` kms:Decrypt$|^FunctionsOrphansRole`), "TestManifestsUnderACustomersKey"},
	{regexp.MustCompile(`^(EndpointsSecretRole|FunctionsCheckRole) kms:Decrypt$`), "TestSecretUnderACustomersKey"},
	{regexp.MustCompile(`^CleanupRole lambda:`), "TestCleanupOutlivesItsFunction"},
	{regexp.MustCompile(`^FunctionsRecordRole cloudwatch:`), "TestChangesArriveAndAreCounted"},
	{regexp.MustCompile(`^FunctionsRecordRole s3:ListBucket`), "TestRecordsHaveTheSizeOfTheFiles"},
	{regexp.MustCompile(`^FunctionsStartRole dms:`), "TestLateStartStopsItsTask"},
	{regexp.MustCompile(`^PreflightRole cloudformation:DescribeStackEvents`), "TestRollbackOfOtherLogReader"},
	{regexp.MustCompile(`^RecoveryRole`), "TestStoppedRunIsRecovered"},
	{regexp.MustCompile(`^SchedulesRole states:`), "TestOrphanedTasksAreDeletedWithinAnHour"},
}

// takeAway runs the scenarios that use a permission without it, until one fails, and returns its name.
func takeAway(ctx context.Context, o options, u use, p *permission) (caught string, err error) {
	var first []string
	for _, one := range madeFor {
		if one.permission.MatchString(p.name()) && slices.Contains(p.tests, one.test) {
			first = append(first, one.test)
		}
	}
	tests := append(first, slices.DeleteFunc(slices.Clone(p.tests), func(test string) bool { return slices.Contains(first, test) })...)
	quick := min(len(first)+quickTries, len(tests))
	for _, test := range tests[:quick] {
		if caught, err = runWithout(ctx, o, u, p, test); caught != "" || err != nil {
			return caught, err
		}
	}
	if quick == len(tests) {
		return "", nil
	}
	return runWithout(ctx, o, u, p, tests[quick:]...)
}

// failed finds the scenarios that failed in their output, begun those that began.
var (
	failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+) `)
	begun  = regexp.MustCompile(`(?m)^=== RUN   (\w+)$`)
)

// runWithout runs scenarios without a permission, and returns the name of the first one that fails.
func runWithout(ctx context.Context, o options, u use, p *permission, tests ...string) (caught string, err error) {
	seconds := 120.0 // The CDK synthesizes templates for some scenarios.
	for _, test := range tests {
		seconds += 10 * u.seconds[test]
	}
	output, err := scenario(ctx, o, "^("+strings.Join(tests, "|")+")$", harness.EnvWithout+"="+p.name(), time.Duration(seconds*float64(time.Second)))
	found := failed.FindSubmatch(output)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil:
		return "", nil
	case found != nil:
		return string(found[1]), nil
	case bytes.Contains(output, []byte("panic: test timed out")):
		fmt.Printf("does not end without %s: %s\n", p.name(), strings.Join(tests, " "))
		return "", nil // That is no proof: another scenario must notice it.
	case bytes.Contains(output, []byte("\npanic: ")):
		all := begun.FindAllSubmatch(output, -1)
		return string(all[len(all)-1][1]), nil // A scenario that panics has no line of its own.
	}
	return "", fmt.Errorf("without %s the scenarios %s cannot run: %w\n%s", p.name(), strings.Join(tests, " "), err, output)
}
