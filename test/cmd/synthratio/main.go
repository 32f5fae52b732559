// Command synthratio measures what synthesis costs: the CPU time of `cdk synth` of the department sales, beside that of a twin in Node
// whose functions are built already, in pairs, and the sizes of the functions. Run it by make synth-ratio.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	pairs := flag.Int("pairs", 5, "how many pairs are measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measure(ctx, os.Stdout, *pairs)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "synthratio:", err)
		os.Exit(1)
	}
}

// The folders are those of the repository's root, in which the program runs.
const (
	twinDir   = ".build/twin"
	functions = ".build/functions/x86_64"
	template  = "test/templates/testdata/oralake-sales.golden.json"
	script    = "test/cmd/synthratio/twin.mjs"
)

// cost is the CPU time of a command and of all programs that it ran, and how long it took.
type cost struct{ cpu, wall time.Duration }

func measure(ctx context.Context, out io.Writer, pairs int) error {
	if err := prepareTwin(ctx); err != nil {
		return err
	}
	ours := func(dir string) []string { return []string{"-c", "department=sales", "-o", dir} }
	twin := func(dir string) []string {
		return []string{"-o", dir, "--app", fmt.Sprintf("node %s %s %s", filepath.Join(twinDir, "twin.mjs"), template, functions)}
	}
	// The first runs fill the caches: that of Go, and those of files.
	var all, twins []cost
	for i := range pairs + 1 {
		a, err := synth(ctx, ours(filepath.Join(twinDir, "out-app")))
		if err != nil {
			return err
		}
		b, err := synth(ctx, twin(filepath.Join(twinDir, "out-twin")))
		if err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		all, twins = append(all, a), append(twins, b)
		fmt.Fprintf(out, "pair %d: %.1f s of CPU (%.1f s), twin %.1f s (%.1f s): %.2f\n", i, a.cpu.Seconds(), a.wall.Seconds(),
			b.cpu.Seconds(), b.wall.Seconds(), a.cpu.Seconds()/b.cpu.Seconds())
	}
	sizes, total, err := builtSizes()
	if err != nil {
		return err
	}
	a, b := median(all), median(twins)
	return json.NewEncoder(out).Encode(struct {
		Pairs        int                `json:"pairs"`
		AppSeconds   float64            `json:"appSeconds"`
		TwinSeconds  float64            `json:"twinSeconds"`
		Ratio        float64            `json:"ratio"`
		Functions    map[string]float64 `json:"functionMB"`
		FunctionsAll float64            `json:"functionsMB"`
	}{pairs, tenths(a.Seconds()), tenths(b.Seconds()), float64(int(100*a.Seconds()/b.Seconds()+0.5)) / 100, sizes, total})
}

// median is that of the CPU times.
func median(all []cost) time.Duration {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b cost) int { return int(a.cpu - b.cpu) })
	return sorted[len(sorted)/2].cpu
}

func tenths(n float64) float64 { return float64(int(10*n+0.5)) / 10 }

// synth runs cdk synth with arguments.
func synth(ctx context.Context, args []string) (cost, error) {
	cmd := exec.CommandContext(ctx, "cdk", append([]string{"synth", "-q"}, args...)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("cdk synth %v: %w\n%s", args, err, said.String())
	}
	return cost{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), time.Since(began)}, nil
}

// packages are the Go modules that bring Node packages along, and the names of those.
var packages = map[string]string{
	"github.com/aws/aws-cdk-go/awscdk/v2":                                       "aws-cdk-lib",
	"github.com/aws/constructs-go/constructs/v10":                               "constructs",
	"github.com/cdklabs/awscdk-asset-awscli-go/awscliv1/v2":                     "@aws-cdk/asset-awscli-v1",
	"github.com/cdklabs/awscdk-asset-node-proxy-agent-go/nodeproxyagentv6/v2":   "@aws-cdk/asset-node-proxy-agent-v6",
	"github.com/cdklabs/cloud-assembly-schema-go/awscdkcloudassemblyschema/v54": "@aws-cdk/cloud-assembly-schema",
}

// prepareTwin unpacks the CDK that the Go modules bring along, so that both programs use the same one, and puts the twin beside it.
func prepareTwin(ctx context.Context) error {
	for module, name := range packages {
		dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		if err != nil {
			return fmt.Errorf("find module %s: %w", module, err)
		}
		packed, err := filepath.Glob(filepath.Join(string(bytes.TrimSpace(dir)), "jsii", "*.tgz"))
		if err != nil || len(packed) != 1 {
			return fmt.Errorf("module %s has %d packages of %s, want 1", module, len(packed), name)
		}
		to := filepath.Join(twinDir, "node_modules", name)
		if _, err := os.Stat(filepath.Join(to, "package.json")); err == nil {
			continue
		}
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		if said, err := exec.CommandContext(ctx, "tar", "-xzf", packed[0], "-C", to, "--strip-components=1").CombinedOutput(); err != nil {
			return fmt.Errorf("unpack %s: %w\n%s", packed[0], err, said)
		}
	}
	content, err := os.ReadFile(script)
	if err != nil {
		return fmt.Errorf("read the twin: %w", err)
	}
	return os.WriteFile(filepath.Join(twinDir, "twin.mjs"), content, 0o644)
}

// builtSizes are the sizes of the functions in megabytes, by name, and their sum.
func builtSizes() (sizes map[string]float64, total float64, err error) {
	built, err := filepath.Glob(filepath.Join(functions, "*", "bootstrap"))
	if err != nil || len(built) == 0 {
		return nil, 0, errors.Join(errors.New("no function is built"), err)
	}
	sizes = map[string]float64{}
	for _, file := range built {
		info, err := os.Stat(file)
		if err != nil {
			return nil, 0, err
		}
		sizes[filepath.Base(filepath.Dir(file))] = tenths(float64(info.Size()) / 1e6)
		total += float64(info.Size()) / 1e6
	}
	return sizes, tenths(total), nil
}
