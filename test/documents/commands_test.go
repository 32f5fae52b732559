package documents_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// command is a shell command in a document.
type command struct {
	words []string
	line  int
}

// programs are the first words of commands. A code block without a language that is indented holds commands only.
var programs = []string{"make", "npx", "npm", "go", "aws", "dnf", "export", "oralake"}

// commands are those of the code blocks and of the inline code of a document.
func commands(d document) (all []command) {
	add := func(text string, line int) {
		text, _, _ = strings.Cut(text, " # ")
		words := strings.Fields(text)
		if len(words) > 0 && words[0] == "oralake" { // `oralake check` stands for the program behind it.
			words = append([]string{"go", "run", "./cmd/oralake"}, words[1:]...)
		}
		all = append(all, command{words, line})
	}
	for _, b := range d.blocks {
		if b.language != "sh" && (b.language != "" || b.fenced) {
			continue
		}
		joined := strings.ReplaceAll(b.text, "\\\n", " ")
		for i, line := range strings.Split(strings.TrimSuffix(joined, "\n"), "\n") {
			add(line, b.line+i)
		}
	}
	for _, s := range d.spans {
		if words := strings.Fields(s.text); len(words) > 1 && slices.Contains(programs, words[0]) {
			add(s.text, s.line)
		}
	}
	return all
}

func TestCommands(t *testing.T) { report(t, checkCommands) }

func checkCommands(t *testing.T, d document) (found []problem) {
	for _, c := range commands(d) {
		if len(c.words) == 0 {
			continue
		}
		var what string
		switch c.words[0] {
		case "make":
			what = checkMake(t, c.words[1:])
		case "npx":
			what = checkNPX(c.words[1:])
		case "npm":
			if !strings.Contains(read(t, "Makefile"), strings.Join(c.words, " ")) {
				what = "the Makefile has no " + strings.Join(c.words, " ")
			}
		case "go":
			what = checkGo(t, c.words[1:])
		default:
			what = checkForeign(c.words)
		}
		if what != "" {
			found = append(found, problem{c.line, strings.Join(c.words, " ") + ": " + what})
		}
	}
	return found
}

var variable = regexp.MustCompile(`^([A-Z_]+)=`)

func checkMake(t *testing.T, words []string) string {
	makefile := read(t, "Makefile")
	for _, word := range words {
		if set := variable.FindStringSubmatch(word); set != nil {
			if !strings.Contains(makefile, "$("+set[1]+")") {
				return "the Makefile does not use " + set[1]
			}
			continue
		}
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(word) + `:`).MatchString(makefile) {
			return "the Makefile has no target " + word
		}
	}
	return ""
}

// foreign are commands of programs that are no part of this repository, with the reason why no test runs them.
var foreign = map[string]string{
	"aws dynamodb query":                       "the AWS CLI; test/demo/runs.go reads the same records by the SDK",
	"group=$(aws ec2 describe-security-groups": "the AWS CLI; the embedded AWS has no API of EC2",
	"aws ec2 revoke-security-group-":           "the AWS CLI; the embedded AWS has no API of EC2",
	"aws dms import-certificate":               "the AWS CLI; test/aws/dms/certificates_test.go imports a wallet by the SDK",
	"dnf install":                              "installs two libraries on Amazon Linux",
	"orapki wallet":                            "a program of Oracle that makes wallets",
	"export CC=\"zig cc":                       "a C compiler of the reader's choice",
	"aws stepfunctions start-execution":        "the AWS CLI; internal/deploy/start_run.go starts the same executions by the SDK",
}

func checkForeign(words []string) string {
	line := strings.Join(words, " ")
	for known := range foreign {
		if strings.HasPrefix(line, known) {
			return ""
		}
	}
	return "nothing runs this: have a test run it, or list it with a reason in test/documents"
}

// cdkForm is a form of the CDK's commands that documents show, and the test that runs it.
type cdkForm struct {
	test  string // a file
	words string // that the file has where it runs the form
	why   string // no test runs it
}

// cdkForms are the forms, each with the values of its options and the names of stacks left out.
var cdkForms = map[string]cdkForm{
	"bootstrap -c account": {why: "uploads a template of the CLI's own, which the embedded AWS, bootstrapped from the start, does not take"},
	"deploy -c account":    {test: "test/cli/account_test.go", words: `"account=true", "deploy"`},
	"deploy STACK":         {test: "test/cli/stacks_test.go", words: `"deploy", "oralake-account"`},
	"diff STACK":           {test: "test/cli/stacks_test.go", words: `w.Diff(t.Context(), all, "oralake-hr")`},
	"destroy STACK":        {test: "test/cli/stacks_test.go", words: `"destroy", "oralake-hr"`},
	"ls":                   {test: "test/templates/main_test.go", words: `"ls", "--app"`},
}

func checkNPX(words []string) string {
	if words[0] != "cdk" {
		return "npx runs only cdk in this repository"
	}
	if _, known := cdkForms[formOf(words[1:])]; !known {
		return "no test runs this form: run it and list it in cdkForms of test/documents"
	}
	return ""
}

// formOf leaves out the values of options and the names of stacks.
func formOf(words []string) string {
	form := slices.Clone(words)
	for i, word := range form {
		switch {
		case i > 0 && form[i-1] == "-c":
			form[i], _, _ = strings.Cut(word, "=")
		case strings.HasPrefix(word, "oralake-"):
			form[i] = "STACK"
		}
	}
	return strings.Join(form, " ")
}

// The forms that documents show are run where the table says. Neither table has entries that no document shows.
func TestTables(t *testing.T) {
	shown := map[string]bool{}
	var lines strings.Builder
	for _, d := range documents(t) {
		for _, c := range commands(d) {
			if len(c.words) > 2 && c.words[0] == "npx" {
				shown[formOf(c.words[2:])] = true
			}
			lines.WriteString(strings.Join(c.words, " ") + "\n")
		}
	}
	for start := range foreign {
		if !strings.Contains("\n"+lines.String(), "\n"+start) {
			t.Errorf("no document shows %s: remove it", start)
		}
	}
	for form, f := range cdkForms {
		switch {
		case !shown[form]:
			t.Errorf("no document shows npx cdk %s: remove the form", form)
		case f.why == "" && !strings.Contains(read(t, f.test), f.words):
			t.Errorf("%s does not run npx cdk %s: it has no %s", f.test, form, f.words)
		}
	}
}

// checkGo checks `go run` and `go test`: the package is there, and the program knows the options.
func checkGo(t *testing.T, words []string) string {
	dir, tags := root, ""
	if len(words) > 1 && words[0] == "-C" {
		dir, words = filepath.Join(root, words[1]), words[2:]
	}
	if len(words) == 0 || words[0] != "run" && words[0] != "test" {
		return "only go run and go test are checked"
	}
	verb, words := words[0], words[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		switch words[0] {
		case "-short":
			words = words[1:]
		case "-tags":
			tags, words = words[1], words[2:]
		default:
			return "unknown option " + words[0]
		}
	}
	if len(words) == 0 {
		return "it names no package"
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-tags", tags, "-f", "{{.Name}}", words[0])
	list.Dir, list.Env = dir, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	name, err := list.CombinedOutput()
	switch {
	case err != nil:
		return fmt.Sprintf("%v: %s", err, name)
	case verb == "test":
		return ""
	case strings.TrimSpace(string(name)) != "main":
		return words[0] + " is no program"
	}
	return checkOptions(t, words[0], words[1:])
}

// checkOptions asks a program for its options and looks for those of a command.
func checkOptions(t *testing.T, pkg string, arguments []string) string {
	var ask, options []string
	for i, argument := range arguments {
		switch {
		case strings.HasPrefix(argument, "-"):
			options = append(options, strings.TrimLeft(argument, "-"))
		case i == 0:
			ask = append(ask, argument)
		}
	}
	said, err := help(t, pkg, strings.Join(append(ask, "-h"), " "))
	if err != nil {
		return err.Error()
	}
	for _, option := range options {
		if !regexp.MustCompile(`(?m)^ +(-\w, )?--?` + regexp.QuoteMeta(option) + `\b`).MatchString(said) {
			return fmt.Sprintf("it has no option %s:\n%s", option, said)
		}
	}
	return ""
}

// helped and built are of func() (string, error): what a program says of itself, by its package and arguments, and the path of its
// binary, by its package.
var helped, built sync.Map

// help is what a program says of itself.
func help(t *testing.T, pkg, arguments string) (string, error) {
	t.Helper()
	run := func() (string, error) {
		program, err := build(pkg)
		if err != nil {
			return "", err
		}
		said, err := exec.CommandContext(context.Background(), program, strings.Fields(arguments)...).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%s %s: %w: %s", pkg, arguments, err, said)
		}
		return string(said), nil
	}
	once, _ := helped.LoadOrStore(pkg+" "+arguments, sync.OnceValues(run))
	return once.(func() (string, error))()
}

// binaries is the folder of the built programs.
var binaries string

func TestMain(m *testing.M) {
	var err error
	if binaries, err = os.MkdirTemp("", "oralake-documents-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(binaries)
	os.Exit(status)
}

// build builds a program, once, and returns its path. It is built without cgo, so that no C compiler is needed.
func build(pkg string) (string, error) {
	program := filepath.Join(binaries, strings.NewReplacer("/", "-", ".", "").Replace(pkg))
	compile := func() (string, error) {
		cmd := exec.CommandContext(context.Background(), "go", "build", "-o", program, pkg)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
		said, err := cmd.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go build %s: %w: %s", pkg, err, said)
		}
		return program, nil
	}
	once, _ := built.LoadOrStore(pkg, sync.OnceValues(compile))
	return once.(func() (string, error))()
}
