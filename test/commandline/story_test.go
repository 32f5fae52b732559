package commandline_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/oralake/oralake/internal/commandline"
	"github.com/oralake/oralake/internal/cost/costtest"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// story is an account, and what the commands of a script do with it.
type story struct {
	t        *testing.T
	db       *oracledb.Database
	account  *harness.Account // nil until the script deploys
	outputs  harness.Outputs
	deployed *department.Department
	faults   *faults
	sources  *oracledb.Registry    // has db, for commands that ask the database themselves
	planning checkservice.Planning // which tables are large
	prices   *costtest.PriceList   // of AWS, as commands see it
}

func newStory(t *testing.T, db *oracledb.Database) *story {
	sources := &oracledb.Registry{}
	sources.Add(harness.Oracle, db)
	return &story{
		t: t, db: db, faults: &faults{}, sources: sources, prices: &costtest.PriceList{Err: errors.New("the story has no price list")},
		planning: checkservice.Planning{LargeBytes: 64 << 10, SegmentBytes: 128 << 10},
	}
}

// command is a command of a script. It must fail if neg is set.
type command = func(ts *testscript.TestScript, neg bool, args []string)

// commands are the commands that stories have besides those of testscript:
//
//	oralake ARGS...   runs the program; exit N before it expects the exit status N
//	exit N oralake ARGS...
//	deploy [FILE]     deploys a department's file, whose stack is that of a golden template; default testdata/sales.yaml
//	edit FILE         changes the manifest of later runs, as a deploy does
//	pass DURATION     lets time pass
//	execute INPUT     starts the state machine with an input and waits for the end of the execution
//	truncate TABLE    truncates a table at the source
//	join TO FROM...   writes files, stdout among them, one after the other
//	prices            gives AWS a price list, of made-up prices
//	text FILE         prints what an HTML file says, a line for each element
//	fault KIND...     makes something go wrong from now on; no kinds end it
func (s *story) commands() map[string]command {
	return map[string]command{
		"oralake": func(ts *testscript.TestScript, neg bool, args []string) { s.oralake(ts, commandline.Good, args) },
		"exit":    s.exit, "deploy": s.deploy, "edit": s.edit, "pass": pass, "execute": s.execute, "truncate": s.truncate, "fault": s.fault, "join": join,
		"prices": func(*testscript.TestScript, bool, []string) { s.prices.Err = nil },
		"text":   text,
	}
}

func (s *story) exit(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || len(args) < 2 || args[1] != "oralake" {
		ts.Fatalf("write exit N oralake ARGS")
	}
	s.oralake(ts, want, args[2:])
}

// oralake runs the program in the account and expects an exit status. Identifiers that differ from run to run are replaced in what it
// prints.
func (s *story) oralake(ts *testscript.TestScript, want int, args []string) {
	var stdout, stderr strings.Builder
	if s.deployed != nil {
		args = append([]string{"--department", s.deployed.Name}, args...)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	if i := slices.Index(args, "^C"); i >= 0 { // Ctrl-C comes a minute later.
		args = slices.Delete(args, i, i+1)
		time.AfterFunc(61*time.Second, cancel)
	}
	if err := os.Chdir(ts.Getenv("WORK")); err != nil {
		ts.Fatalf("%v", err)
	}
	defer os.Chdir(home)
	got := commandline.Main(ctx, args, commandline.World{
		Stdout: &stdout, Stderr: &stderr,
		AWS: func(context.Context) (aws.Config, error) {
			if s.account == nil {
				return aws.Config{}, errors.New("the story has no account")
			}
			return s.account.Admin(), nil
		},
		Products: s.prices,
		Secrets:  func(context.Context, string) (string, error) { return `{"username":"DMS"}`, nil },
		Connect: func(string, string, *checkservice.Certificate) (checkservice.Service, error) {
			return checkservice.Service{Driver: "sqlite", DB: s.sources.Open(harness.Oracle), Planning: s.planning}, nil
		},
	})
	if _, err := ts.Stdout().Write([]byte(stable(stdout.String()))); err != nil {
		ts.Fatalf("%v", err)
	}
	if _, err := ts.Stderr().Write([]byte(stable(stderr.String()))); err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("oralake %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), got, want, stdout.String(), stderr.String())
	}
}

// unstable are the identifiers that AWS makes, each with what stands for it.
var unstable = []struct {
	form *regexp.Regexp
	text string
}{
	{regexp.MustCompile(`(deploy-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(`dms-task-oralake-[0-9a-z]+-[0-9a-z]+`), "dms-task-<id>"},
	{regexp.MustCompile(`\b[A-Z2-7]{26}\b|\b[A-Z0-9]{12,40}\b`), "<id>"},
}

// snapshotName is the name of a snapshot, which is the start of its run.
var snapshotName = regexp.MustCompile(`^\d{8}T\d{6}Z$`)

func stable(text string) string {
	for _, u := range unstable {
		text = u.form.ReplaceAllStringFunc(text, func(id string) string {
			if snapshotName.MatchString(id) {
				return id
			}
			return u.text
		})
	}
	return text
}

func (s *story) deploy(ts *testscript.TestScript, _ bool, args []string) {
	file := filepath.Join(home, "testdata", "sales.yaml")
	if len(args) > 0 {
		file = ts.MkAbs(args[0])
	}
	d, err := department.Load(file)
	if err != nil {
		ts.Fatalf("%v", err)
	}
	s.account = harness.Open(s.t, s.db, harness.Options{
		Jitter:  new(0.5), // so that every run of a story takes the same time
		DMS:     localdms.Options{Faults: s.faults, Delays: unevenDelays()},
		Disturb: s.faults.disturb,
	})
	s.account.IAM.EnsureRole("dms-cloudwatch-logs-role") // the stack of -c account=true creates it, so tasks have logs
	s.outputs = s.account.Deploy(d)
	s.deployed = d
}

func (s *story) edit(ts *testscript.TestScript, _ bool, args []string) {
	d, err := department.Load(ts.MkAbs(args[0]))
	if err != nil {
		ts.Fatalf("%v", err)
	}
	template, err := harness.Template(d.Name)
	if err != nil {
		ts.Fatalf("%v", err)
	}
	s.account.PutManifest(d, template)
	s.deployed = d
}

func pass(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	if err != nil {
		ts.Fatalf("%v", err)
	}
	time.Sleep(d + 137*time.Millisecond) // so that a command of a person never comes at the moment of a look of a run
}

func (s *story) execute(ts *testscript.TestScript, neg bool, args []string) {
	e := s.account.RunAfterOthers(s.outputs["StateMachineArn"], args[0])
	if failed := e.Status != "SUCCEEDED"; failed != neg {
		ts.Fatalf("the execution is %s: %s", e.Status, aws.ToString(e.Cause))
	}
}

func (s *story) truncate(ts *testscript.TestScript, _ bool, args []string) {
	schema, name, _ := strings.Cut(args[0], ".")
	if err := s.db.Truncate(s.t.Context(), oracledb.Table{Schema: schema, Name: name}); err != nil {
		ts.Fatalf("%v", err)
	}
}

// unevenDelays are those of AWS and a little more: then nothing happens at the moment of a look of a run, and a story always takes the
// same time.
func unevenDelays() *localdms.Delays {
	delays := localdms.AWSDelays()
	fields := reflect.ValueOf(&delays).Elem()
	for i := range fields.NumField() {
		if d, ok := fields.Field(i).Addr().Interface().(*time.Duration); ok && *d > 0 {
			*d += time.Duration(700+13*i) * time.Millisecond
		}
	}
	return &delays
}

func join(ts *testscript.TestScript, _ bool, args []string) {
	var all strings.Builder
	for _, from := range args[1:] {
		all.WriteString(ts.ReadFile(from))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(all.String()), 0o600))
}

// What is left out of an HTML file for its text, and what ends a line of it.
var (
	unseen  = regexp.MustCompile(`(?s)<style>.*?</style>|<svg.*?</svg>`)
	element = regexp.MustCompile(`<[^>]*>`)
)

func text(ts *testscript.TestScript, _ bool, args []string) {
	content := element.ReplaceAllString(unseen.ReplaceAllString(ts.ReadFile(args[0]), ""), "\n")
	for line := range strings.SplitSeq(content, "\n") {
		if line = strings.TrimSpace(html.UnescapeString(line)); line != "" {
			fmt.Fprintln(ts.Stdout(), stable(line))
		}
	}
}
