// Package secondopinion compares the embedded AWS with other implementations: npm's aws-local-stepfunctions runs the same definitions with
// the same inputs and answers, and npm's asl-validator reads the definitions of this repository.
//
// It compares the product with other implementations, too: go-quartz reads the same cron expressions, and SQLite runs
// the documented query for Athena over the same files as package lake reads.
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

// node is a program of node_modules; without it the test fails, because a check that was skipped proves nothing.
func node(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	// An absolute path, because the working directory differs.
	bin, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
		t.Fatalf("find %s: %v; run `make node_modules`", program, err)
	}
	cmd := exec.Command(filepath.Join(bin, program), args...)
	// The programs start with "env node": that is the pinned one too.
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

// alike removes the differences that are known and meant.
func alike(o outcome) outcome {
	if o.Error == "FailStateError" {
		// A Fail state without Error has none on AWS; aws-local-stepfunctions makes one up.
		o.Error, o.Cause = "", ""
	}
	if o.Error == "States.IntrinsicFailure" {
		// aws-local-stepfunctions does not have this name of the language and says States.Runtime.
		o.Error = "States.Runtime"
	}
	if strings.HasPrefix(o.Error, "States.") {
		// The language defines these names; their texts are each engine's own.
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
			DefinitionFile string // of this repository, instead of Definition
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

// substituted is a definition of this repository as a template deploys it: ${CreateFunctionArn} is the function create.
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

// TestValidator has asl-validator read the state machines of this repository.
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

// TestValidatorSeesMistakes keeps TestValidator honest.
func TestValidatorSeesMistakes(t *testing.T) {
	if problems := validate(t, "testdata/stepfunctions/mistake.asl.json"); !strings.Contains(problems, "Nowhere") {
		t.Errorf("asl-validator said %q of a definition that leads nowhere, want it to name the state", problems)
	}
}

// validate is what asl-validator has against a definition. The ARNs are substitutions until a template is deployed, so
// they are not checked.
func validate(t *testing.T, file string) string {
	t.Helper()
	out, err := node(t, "asl-validator", "--no-arn-check", "--json-path", file).CombinedOutput()
	if err == nil {
		return ""
	}
	return fmt.Sprintf("asl-validator: %v\n%s", err, out)
}
