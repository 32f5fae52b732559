// Package secondopinion compares the embedded AWS with other implementations: npm's aws-local-stepfunctions runs the same
// definitions with the same inputs and responses, and npm's asl-validator checks the definitions of this repository.
//
// It also compares the product with other implementations: go-quartz evaluates the same cron expressions, and SQLite runs
// the documented Athena query over the same files as package lake.
package secondopinion

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// node returns the command of a program of node_modules. Without the program the test fails, since a skipped check proves
// nothing.
func node(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	// The path is absolute, since the working directory differs.
	bin, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
		t.Fatalf("find %s: %v; run `make node_modules`", program, err)
	}
	cmd := exec.Command(filepath.Join(bin, program), args...)
	// The programs start with "env node", which finds the Node version of package.json first.
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return cmd
}

// runThere runs jobs on aws-local-stepfunctions, all in one process.
func runThere(t *testing.T, jobs []job) []outcome {
	t.Helper()
	in, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := node(t, "node", "stepfunctions.mjs")
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("run stepfunctions.mjs: %v\n%s", err, stderr.String())
	}
	var outcomes []outcome
	if err := json.Unmarshal(stdout.Bytes(), &outcomes); err != nil {
		t.Fatalf("read the outcomes of stepfunctions.mjs: %v", err)
	}
	if len(outcomes) != len(jobs) {
		t.Fatalf("stepfunctions.mjs ran %d jobs, want %d", len(outcomes), len(jobs))
	}
	return outcomes
}

// alike removes the known differences between the engines.
func alike(o outcome) outcome {
	if o.Error == "FailStateError" {
		// A Fail state without Error has no error on AWS. aws-local-stepfunctions returns one.
		o.Error, o.Cause = "", ""
	}
	if strings.HasPrefix(o.Error, "States.") {
		// The language defines these error names but not their texts.
		o.Cause = ""
	}
	return o
}

// TestSecondOpinion runs every file of testdata/stepfunctions/runs on both engines.
func TestSecondOpinion(t *testing.T) {
	files, err := filepath.Glob("testdata/stepfunctions/runs/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no files in testdata/stepfunctions/runs: %v", err)
	}
	var names []string
	var jobs []job
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Definition     json.RawMessage
			DefinitionFile string // a file of this repository, instead of Definition
			Runs           []job
		}
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if f.DefinitionFile != "" {
			f.Definition = substituted(t, f.DefinitionFile)
		}
		for i, j := range f.Runs {
			j.Definition = f.Definition
			names = append(names, fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".json"), i+1))
			jobs = append(jobs, j)
		}
	}
	theirs := runThere(t, jobs)
	for i, j := range jobs {
		t.Run(names[i], func(t *testing.T) {
			if diff := cmp.Diff(alike(theirs[i]), alike(runHere(t, j))); diff != "" {
				t.Errorf("-aws-local-stepfunctions +embedded:\n%s", diff)
			}
		})
	}
}

var substitution = regexp.MustCompile(`\$\{(\w+)FunctionArn\}`)

// substituted returns a definition of this repository with its substitutions, as a template deploys it:
// ${CreateFunctionArn} is the ARN of the function create.
func substituted(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return substitution.ReplaceAllFunc(text, func(found []byte) []byte {
		name := strings.ToLower(string(substitution.FindSubmatch(found)[1]))
		return []byte("arn:aws:lambda:eu-central-1:111122223333:function:" + name)
	})
}

// asl-validator accepts the state machines of this repository.
func TestValidator(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "statemachine", "*.asl.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found no statemachine/*.asl.json: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if problems := validate(t, file); problems != "" {
				t.Error(problems)
			}
		})
	}
}

// asl-validator rejects an invalid definition, so TestValidator can fail.
func TestValidatorRejectsMistakes(t *testing.T) {
	if problems := validate(t, "testdata/stepfunctions/mistake.asl.json"); !strings.Contains(problems, "Nowhere") {
		t.Errorf("asl-validator reports %q for a definition with a missing state, want the name of the state", problems)
	}
}

// validate returns the problems that asl-validator finds in a definition. It does not check ARNs, which are substitutions
// until a deploy.
func validate(t *testing.T, file string) string {
	t.Helper()
	out, err := node(t, "asl-validator", "--no-arn-check", "--json-path", file).CombinedOutput()
	if err == nil {
		return ""
	}
	return fmt.Sprintf("asl-validator: %v\n%s", err, out)
}
