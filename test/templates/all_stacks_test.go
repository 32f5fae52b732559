package templates

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/stacks"
)

// file returns a department's file with one nightly full-load job. more has lines of the file, source has members of source.
func file(name, source, more string) string {
	return "department: " + name + "\n" + more +
		"source: {database: ORCL, sslMode: none, secretName: oracle/" + name + ", " + source + "}\n" +
		"network: {create: 10.1.0.0/24}\n" +
		"jobs:\n  daily: {type: full-load, tables: [SALES.ORDERS]}\n"
}

// broken is a file with an error in line 1 and one in line 2.
const broken = "department: broken\ncolour: red\n"

// folder writes department files by name and returns their folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listed adds the stacks that `cdk ls` adds with context, and returns their names and the warnings.
func listed(t *testing.T, context map[string]any) (names, warnings []string, err error) {
	t.Helper()
	all := map[string]any{"aws:cdk:bundling-stacks": []any{}}
	maps.Copy(all, context)
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &all})
	warnings, err = stacks.Add(t.Context(), app, t.TempDir())
	return stacksOf(app), warnings, err
}

func stacksOf(app awscdk.App) (names []string) {
	for _, child := range *app.Node().Children() {
		names = append(names, *child.Node().Id())
	}
	slices.Sort(names)
	return names
}

// The files of a folder decide the stacks and the warnings. Each wanted warning is a list of its parts.
func TestAllStacks(t *testing.T) {
	followed := make([]string, 800) // with names of the maximum length
	for i := range followed {
		followed[i] = fmt.Sprintf("%030d.%030d", 0, i)
		followed[i] = strings.ReplaceAll(followed[i], "000000", "TABLES")
	}
	many := strings.Replace(file("many", "driver: go-ora", ""), "full-load, tables: [SALES.ORDERS",
		"full-load-and-cdc, tables: ["+strings.Join(followed, ", "), 1)
	hr, sales := file("hr", "driver: go-ora", ""), file("sales", "driver: go-ora", "")
	for name, test := range map[string]struct {
		files    map[string]string
		stacks   []string
		warnings [][]string
	}{
		"two files": {
			map[string]string{"hr.yaml": hr, "sales.yaml": sales, "schema.json": "{}"},
			[]string{"oralake-account", "oralake-hr", "oralake-sales"},
			nil,
		},
		"one is broken": {
			map[string]string{"broken.yaml": broken, "hr.yaml": hr},
			[]string{"oralake-account", "oralake-hr"},
			[][]string{{"broken.yaml is skipped", "broken.yaml:1:", "network", "broken.yaml:2:", "colour"}},
		},
		"one ends in .yml": {
			map[string]string{"hr.yaml": hr, "sales.yml": sales},
			[]string{"oralake-account", "oralake-hr"},
			[][]string{{"sales.yml is skipped", "rename it to sales.yaml"}},
		},
		"one is refused while its stack is made": {
			map[string]string{"hr.yaml": hr, "many.yaml": many},
			[]string{"oralake-account", "oralake-hr"},
			[][]string{{"many.yaml is skipped", "800 tables"}},
		},
		"none": {
			map[string]string{"schema.json": "{}"},
			[]string{"oralake-account"},
			[][]string{{"has no department's file", "oralake-account is the only stack", "sales.yaml"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, test.files)
			names, warnings, err := listed(t, map[string]any{"departments": dir})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.stacks, names); diff != "" {
				t.Errorf("stacks (-want +got):\n%s", diff)
			}
			if len(warnings) != len(test.warnings) {
				t.Fatalf("warnings %q, want %d", warnings, len(test.warnings))
			}
			for i, parts := range test.warnings {
				for _, want := range append(parts, dir) {
					if !strings.Contains(warnings[i], want) {
						t.Errorf("warning %q does not contain %q", warnings[i], want)
					}
				}
			}
		})
	}
}

// Without any stack of a department, the invalid files are errors and not warnings. Two files for one stack are an error.
func TestNoStacks(t *testing.T) {
	sales := file("sales", "driver: go-ora", "")
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"all are broken": {
			map[string]string{"broken.yaml": broken, "worse.yaml": "department: ["},
			[]string{"broken.yaml:1:", "broken.yaml:2:", "worse.yaml:1:", "-c account=true"},
		},
		"a copy":         {map[string]string{"sales.yaml": sales, "copy.yaml": sales}, []string{"sales.yaml", "copy.yaml", "department: sales"}},
		"two endings":    {map[string]string{"sales.yaml": sales, "sales.yml": sales}, []string{"sales.yaml", "sales.yml"}},
		"two wrong ones": {map[string]string{"a.yaml": sales, "b.yaml": sales}, []string{"a.yaml", "b.yaml", "department: sales"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, test.files)
			_, _, err := listed(t, map[string]any{"departments": dir})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not contain %q", err, want)
				}
			}
		})
	}
}

// A department in the context is the only stack, whatever else is in the folder. The account stack needs no folder.
func TestOneStack(t *testing.T) {
	hr := file("hr", "driver: go-ora", "")
	dir := folder(t, map[string]string{"hr.yaml": hr, "copy.yaml": hr, "broken.yaml": broken})
	for name, test := range map[string]struct {
		context map[string]any
		want    string // the stack, or part of the error
	}{
		"department": {map[string]any{"department": "hr", "departments": dir}, "oralake-hr"},
		"broken":     {map[string]any{"department": "broken", "departments": dir}, "broken.yaml:2:"},
		"account":    {map[string]any{"account": "true", "departments": "nowhere"}, "oralake-account"},
	} {
		t.Run(name, func(t *testing.T) {
			names, warnings, err := listed(t, test.context)
			got := fmt.Sprint(names)
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, test.want) || len(names) > 1 || len(warnings) > 0 {
				t.Errorf("stacks %v, warnings %q, error %v; want only %s", names, warnings, err, test.want)
			}
		})
	}
}

// smallModule returns a module whose functions do nothing, so Go builds them quickly.
func smallModule(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module small\n\ngo 1.26\n")
	for _, name := range append(slices.Clone(contract.Functions), "check") {
		dir := filepath.Join(root, "lambdas", name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() {}\n")
	}
	return root
}

// logGo writes every Go command that runs during the test to a file.
func logGo(t *testing.T) (log string) {
	t.Helper()
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	log = filepath.Join(bin, "log")
	script := fmt.Sprintf("#!/bin/sh\necho \"$@\" >> '%s'\nexec '%s' \"$@\"\n", log, program)
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return log
}

// All functions are built once for all departments, and the check function once for each driver. A department that requires
// a check function that cannot be built is skipped.
func TestFunctionsAreBuiltOnce(t *testing.T) {
	log := logGo(t)
	context, out := map[string]any{"departments": folder(t, map[string]string{
		"hr.yaml":    file("hr", "driver: go-ora", ""),
		"sales.yaml": file("sales", "driver: go-ora", ""),
		"layer.yaml": file("layer", "check: require", ""), // The module has no layer.
	})}, t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
	warnings, err := stacks.Add(t.Context(), app, smallModule(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"oralake-account", "oralake-hr", "oralake-sales"}, stacksOf(app)); diff != "" {
		t.Errorf("stacks (-want +got):\n%s", diff)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "layer.yaml is skipped: department layer has source.check: require") {
		t.Errorf("warnings %q, want one of layer.yaml", warnings)
	}
	commands := string(read(t, log))
	for _, function := range []string{"./lambdas/create", "./lambdas/check"} {
		if n := strings.Count(commands, function); n != 1 {
			t.Errorf("%s was built %d times, want once:\n%s", function, n, commands)
		}
	}
}

// A department's stack does not depend on the other stacks that are synthesized with it. No stack has a fixed account or
// region.
func TestAloneAndTogether(t *testing.T) {
	root := smallModule(t)
	dir := folder(t, map[string]string{
		"hr.yaml": file("hr", "driver: go-ora", ""), "sales.yaml": file("sales", "driver: go-ora", ""),
	})
	synth := func(context map[string]any) string {
		context["departments"] = dir
		out := t.TempDir()
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
		if _, err := stacks.Add(t.Context(), app, root); err != nil {
			t.Fatal(err)
		}
		for _, stack := range *app.Synth(nil).Stacks() {
			if got := *stack.Environment().Name; got != "aws://unknown-account/unknown-region" {
				t.Errorf("%s is for %s, want any account and region", *stack.StackName(), got)
			}
		}
		return out
	}
	const template = "oralake-hr.template.json"
	alone, together := synth(map[string]any{"department": "hr"}), synth(map[string]any{})
	want, got := string(read(t, filepath.Join(alone, template))), string(read(t, filepath.Join(together, template)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-alone +together):\n%s", template, diff)
	}
}
