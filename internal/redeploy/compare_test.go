package redeploy

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

// following is a department with a job of each type.
func following() State {
	return State{
		Place: "vpc-1", Database: "ORCLPDB1", Secret: "oralake/sales",
		Endpoints: Endpoints{Source: "s1", Full: "f1", CDC: "c1"},
		Jobs: map[string]Job{
			"daily": {Type: department.FullLoad},
			"live": {
				Type: department.FullLoadAndCDC, Tables: map[string]string{"S.A": "S.A", "S.B": "S.B"},
			},
			"tail": {Type: department.CDC, StartFrom: "now", Tables: map[string]string{"S.C": "S.C"}},
		},
	}
}

// at work are the tasks of both jobs that follow changes.
var atWork = map[string]Live{"live": {Follows: true}, "tail": {Follows: true}}

func with(change func(*State)) State {
	s := following()
	s.Jobs = maps.Clone(s.Jobs)
	change(&s)
	return s
}

// job changes one job.
func job(name string, change func(*Job)) func(*State) {
	return func(s *State) {
		j := s.Jobs[name]
		j.Tables = maps.Clone(j.Tables)
		change(&j)
		s.Jobs[name] = j
	}
}

func TestCompare(t *testing.T) {
	restart := func(s *State) {
		for _, name := range []string{"live", "tail"} {
			job(name, func(j *Job) { j.OnReplace = department.Restart })(s)
		}
	}
	tests := []struct {
		name    string
		before  func(*State)
		after   func(*State)
		live    map[string]Live
		refused []string // of each refusal a part
		stop    []string
		replace []string
		changes []string
	}{
		{name: "nothing"},
		{
			name: "a lake setting", after: func(s *State) { s.Endpoints.CDC = "c2" }, stop: []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and goes on",
				"job tail: the definition of an endpoint changes: its task stops and goes on",
			},
		},
		{name: "a setting of full loads", after: func(s *State) { s.Endpoints.Full = "f2" }},
		{
			name: "a type", after: job("tail", func(j *Job) { j.Type, j.StartFrom = department.FullLoadAndCDC, "" }),
			refused: []string{"job tail: its type changes from cdc to full-load-and-cdc. DMS cannot change that in a task, and with a " +
				"new one the place in the redo log is lost: all tables are loaded anew, and the files of their changes so far are " +
				"deleted. Write onReplace: restart in the job to accept that, or take the change back"},
		},
		{
			name: "a type, allowed", after: job("tail", func(j *Job) { j.Type, j.OnReplace = department.FullLoadAndCDC, "restart" }),
			replace: []string{"tail"},
			changes: []string{"job tail: its type changes from cdc to full-load-and-cdc: its task is made anew"},
		},
		{
			name: "a type, before anything was captured", live: map[string]Live{},
			after:   job("live", func(j *Job) { j.Type = department.CDC }),
			replace: []string{"live"},
			changes: []string{"job live: its type changes from full-load-and-cdc to cdc: its task is made anew"},
		},
		{
			name: "to a full load", after: job("live", func(j *Job) { *j = Job{Type: department.FullLoad} }),
			refused: []string{"changes are not followed any more. Take the job out of the file and give the full load another name"},
		},
		{
			name:   "to a full load, allowed by the deploy before",
			before: job("live", func(j *Job) { j.OnReplace = "restart" }),
			after:  job("live", func(j *Job) { *j = Job{Type: department.FullLoad} }), replace: []string{"live"},
			changes: []string{"job live: its type changes from full-load-and-cdc to full-load: its task is made anew"},
		},
		{
			name: "from a full load", after: job("daily", func(j *Job) { j.Type = department.CDC }),
		},
		{
			name:  "another database",
			after: func(s *State) { s.Database, s.Endpoints.Source = "OTHER", "s2" },
			refused: []string{
				"job live: the source changes from database ORCLPDB1 of secret oralake/sales to database OTHER",
				"job tail: the source changes", // each says what it would lose
			},
		},
		{
			name:    "another database, allowed",
			after:   func(s *State) { s.Secret, s.Endpoints.Source = "oralake/other", "s2"; restart(s) },
			replace: []string{"live", "tail"},
			changes: []string{
				"job live: the source changes from database ORCLPDB1 of secret oralake/sales to database ORCLPDB1 of secret " +
					"oralake/other: its task is made anew",
				"job tail: the source changes from database ORCLPDB1 of secret oralake/sales to database ORCLPDB1 of secret " +
					"oralake/other: its task is made anew",
			},
		},
		{
			name: "another place", after: func(s *State) { s.Place = "vpc-2" },
			refused: []string{"the replication instance moves from vpc-1 to vpc-2", "changes made until it starts are never captured"},
		},
		{
			name: "another start", after: job("tail", func(j *Job) { j.StartFrom = "12345" }),
			refused: []string{"it is to start from 12345 instead of now, which only a new task does. DMS cannot change that in a " +
				"task, and with a new one the place in the redo log is lost: only changes after 12345 are captured"},
		},
		{
			name: "a table without a word about its history", after: job("tail", func(j *Job) { j.Tables["S.D"] = "S.D" }),
			refused: []string{"job tail: S.D would be added without the rows that are there already, since a cdc job loads nothing. " +
				"Write backfill: true in the job to load them once in full, or backfill: false to do without them"},
			changes: []string{"job tail: its task stops and goes on: S.D added"},
		},
		{
			name: "a table with its history",
			after: job("tail", func(j *Job) {
				j.Backfill = "true"
				j.Tables["S.D"] = "S.D"
			}),
			changes: []string{"job tail: its task stops and goes on: S.D added"},
		},
		{
			name: "a table before anything was captured", live: map[string]Live{},
			after:   job("tail", func(j *Job) { j.Tables["S.D"] = "S.D" }),
			changes: []string{"job tail: its task stops and goes on: S.D added"},
		},
		{
			name: "tables of a job that loads them",
			after: job("live", func(j *Job) {
				delete(j.Tables, "S.A")
				j.Tables["S.X"] = "S.X"
			}),
			changes: []string{
				"job live: its task stops and goes on: S.X added",
				"job live: its task stops and goes on: S.A removed: what is in the lake stays",
			},
		},
		{
			name: "a table by another name", after: job("live", func(j *Job) { j.Tables["S.A"] = "LAKE.A" }),
			refused: []string{"job live: the lake's name of S.A (LAKE.A was S.A) would change"},
		},
		{
			name: "a job less", after: func(s *State) { delete(s.Jobs, "tail") },
			changes: []string{"job tail is gone: its task is deleted with its checkpoint, its files stay"},
		},
		{
			name:  "a job less, and an endpoint changed",
			after: func(s *State) { delete(s.Jobs, "tail"); s.Endpoints.Source = "s2" }, stop: []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and goes on",
				"job tail is gone: its task is deleted with its checkpoint, its files stay",
			},
		},
		{
			name:    "a job more",
			after:   func(s *State) { s.Jobs["new"] = Job{Type: department.CDC, Tables: map[string]string{"S.Z": "S.Z"}} },
			changes: []string{"job new is new"},
		},
		{
			name: "the source under a full load", after: func(s *State) { s.Endpoints.Source = "s2" },
			live:    map[string]Live{"daily": {Loads: true}},
			refused: []string{"a full load of job daily is running, and the deploy changes an endpoint that it uses"},
			stop:    []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and goes on",
				"job tail: the definition of an endpoint changes: its task stops and goes on",
			},
		},
		{
			name: "the other lake endpoint under a full load", after: func(s *State) { s.Endpoints.Full = "f2" },
			live: map[string]Live{"tail": {Follows: true, Loads: true}},
		},
		{
			name: "its own lake endpoint under a backfill", after: func(s *State) { s.Endpoints.CDC = "c2" },
			live:    map[string]Live{"tail": {Follows: true, Loads: true}},
			refused: []string{"a full load of job tail is running"}, stop: []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and goes on",
				"job tail: the definition of an endpoint changes: its task stops and goes on",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before, after := following(), following()
			if test.before != nil {
				before = with(test.before)
			}
			if test.after != nil {
				after = with(test.after)
			}
			live := test.live
			if live == nil {
				live = atWork
			}
			got := Compare(before, after, live)
			want := Decision{Refused: got.Refused, Stop: test.stop, Replace: test.replace, Changes: test.changes}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
			if len(got.Refused) != len(test.refused) {
				t.Fatalf("%d refusals, want %d:\n%s", len(got.Refused), len(test.refused), strings.Join(got.Refused, "\n"))
			}
			for i, part := range test.refused {
				if !strings.Contains(got.Refused[i], part) {
					t.Errorf("refused because\n%s\nwant it to say\n%s", got.Refused[i], part)
				}
			}
		})
	}
}

func TestStateOf(t *testing.T) {
	d := &department.Department{
		Name: "sales", Source: department.Source{SecretName: "oralake/sales", Database: "ORCLPDB1"},
		Jobs: []department.Job{
			{Name: "daily", Type: department.FullLoad, Tables: []department.Table{{Schema: "S", Name: "Z"}}},
			{
				Name: "tail", Type: department.CDC, StartFrom: "now", OnReplace: "restart", Backfill: new(false),
				Tables: []department.Table{{Schema: "S", Name: "C", Rename: department.Rename{Schema: "LAKE"}}},
			},
		},
	}
	got, err := StateOf(d, "vpc-1", Endpoints{Source: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	want := State{
		Place: "vpc-1", Database: "ORCLPDB1", Secret: "oralake/sales", Endpoints: Endpoints{Source: "s1"},
		Jobs: map[string]Job{
			"daily": {Type: department.FullLoad},
			"tail": {
				Type: department.CDC, OnReplace: "restart", Backfill: "false", StartFrom: "now",
				Tables: map[string]string{"S.C": "LAKE.C"},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	for i := range 3000 {
		d.Jobs[1].Tables = append(d.Jobs[1].Tables, department.Table{Schema: "SCHEMA", Name: fmt.Sprintf("TABLE_%d", i)})
	}
	if _, err := StateOf(d, "vpc-1", Endpoints{}); err == nil || !strings.Contains(err.Error(), "3001 tables") {
		t.Errorf("error %v: want one that says how many tables are too many", err)
	}
}

func TestWords(t *testing.T) {
	orders := department.Table{Schema: "SALES", Name: "ORDERS"}
	special := orders
	special.Rename = department.Rename{Schema: "LAKE"}
	special.Filters = []department.Filter{
		{Column: "D", Operator: "gte", Value: "1995-01-01"},
		{Column: "N", Operator: "between", From: "1", To: "5"},
		{Column: "N", Operator: "null"},
	}
	special.Exclude, special.LOBMaxKB = []string{"A", "B"}, 64
	special.Parallel = &department.Parallel{Type: "partitions-auto"}
	full, cdc, both := department.Job{Type: department.FullLoad}, department.Job{Type: department.CDC}, department.Job{Type: department.FullLoadAndCDC}
	without, backfilled := cdc, cdc
	without.Backfill, backfilled.Backfill = new(false), new(true)
	tests := []struct {
		job   department.Job
		table department.Table
		want  string
	}{
		{full, orders, "loaded in full at every run of T-1"},
		{cdc, orders, "changes captured by T-1, which is stopped and resumed when this list changes"},
		{without, orders, "changes captured by T-1, which is stopped and resumed when this list changes"},
		{
			backfilled, orders, "loaded once if it is added to the job at work, then changes captured by T-1, which is stopped and " +
				"resumed when this list changes",
		},
		{
			both, special, "loaded once, then changes captured by T-1, which is stopped and resumed when this " +
				"list changes; named LAKE.ORDERS in the lake; rows where D >= 1995-01-01 and N from 1 to 5 or N is null; " +
				"without A, B; LOBs of up to 64 KB; loaded by partitions-auto",
		},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Words(test.job, test.table, "T-1")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
