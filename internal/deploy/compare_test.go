package deploy

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// deployed is a department with a job of each type.
func deployed() contract.PreflightProperties {
	return contract.PreflightProperties{
		Location: "vpc-1", Database: "ORCLPDB1", Secret: "oralake/sales", Capture: "logminer",
		Endpoints: contract.EndpointDefinitions{Source: "s1", Full: "f1", CDC: "c1", CDCLoad: "l1"},
		Instance:  contract.InstanceDefinition{Class: "dms.c6i.large", StorageGB: "100", EngineVersion: "3.6.1", MultiAZ: "false"},
		Jobs: map[string]contract.PreflightJob{
			"daily": {Type: department.FullLoad},
			"live": {
				Type: department.FullLoadAndCDC, Tables: map[string]string{"S.A": "S.A", "S.B": "S.B"},
			},
			"tail": {Type: department.CDC, StartFrom: "now", Tables: map[string]string{"S.C": "S.C"}},
		},
	}
}

// bothFollow says that both jobs that follow changes have tasks that have started.
var bothFollow = map[string]LiveTasks{"live": {Follows: true}, "tail": {Follows: true}}

// with returns the deployed department with a change.
func with(change func(*contract.PreflightProperties)) contract.PreflightProperties {
	s := deployed()
	s.Jobs = maps.Clone(s.Jobs)
	change(&s)
	return s
}

// job makes a change of one job a change of the department.
func job(name string, change func(*contract.PreflightJob)) func(*contract.PreflightProperties) {
	return func(s *contract.PreflightProperties) {
		j := s.Jobs[name]
		j.Tables = maps.Clone(j.Tables)
		change(&j)
		s.Jobs[name] = j
	}
}

func TestCompare(t *testing.T) {
	restart := func(s *contract.PreflightProperties) {
		for _, name := range []string{"live", "tail"} {
			job(name, func(j *contract.PreflightJob) { j.OnReplace = department.Restart })(s)
		}
	}
	tests := []struct {
		name    string
		before  func(*contract.PreflightProperties)
		after   func(*contract.PreflightProperties)
		live    map[string]LiveTasks
		refused []string // a part of each reason
		stop    []string
		replace []string
		changes []string
	}{
		{name: "no change"},
		{
			name:  "a setting of the endpoints for changes",
			after: func(s *contract.PreflightProperties) { s.Endpoints.CDC, s.Endpoints.CDCLoad = "c2", "l2" }, stop: []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and resumes",
				"job tail: the definition of an endpoint changes: its task stops and resumes",
			},
		},
		{
			name: "the endpoint of cdc tasks", after: func(s *contract.PreflightProperties) { s.Endpoints.CDC = "c2" }, stop: []string{"tail"},
			changes: []string{"job tail: the definition of an endpoint changes: its task stops and resumes"},
		},
		{
			name:   "from a version with one endpoint for changes, which knows no transformations",
			before: func(s *contract.PreflightProperties) { s.Capture, s.Endpoints.CDCLoad = "", "" },
			after: func(s *contract.PreflightProperties) {
				s.Endpoints.CDCLoad = "c1"
				job("tail", func(j *contract.PreflightJob) { j.Transformations = map[string]string{"S.C": "x"} })(s)
			},
		},
		{
			name: "columns of a cdc job", after: job("tail", func(j *contract.PreflightJob) { j.Transformations = map[string]string{"S.C": "x"} }),
			changes: []string{"job tail: its task is made again from its checkpoint, because DMS does not apply other filters or columns to " +
				"a task that resumes; changed tables, whose rows in the lake are wrong until they are reloaded: S.C"},
		},
		{
			name:  "columns of a full-load-and-cdc job",
			after: job("live", func(j *contract.PreflightJob) { j.Transformations = map[string]string{"S.B": "x"} }),
			refused: []string{"job live: the filters or excluded columns of S.B change, which DMS applies only to a new task. DMS cannot change " +
				"that in a task, and a new task loses the place in the redo log: all tables are loaded again"},
		},
		{
			name: "columns of a full-load-and-cdc job, allowed",
			after: job("live", func(j *contract.PreflightJob) {
				j.Transformations, j.OnReplace = map[string]string{"S.B": "x"}, "restart"
			}),
			replace: []string{"live"},
			changes: []string{"job live: the filters or excluded columns of S.B change, which DMS applies only to a new task: its task is " +
				"replaced by a new one"},
		},
		{
			name: "a table added with a filter",
			after: job("live", func(j *contract.PreflightJob) {
				j.Tables["S.X"], j.Transformations = "S.X", map[string]string{"S.X": "x"}
			}),
			changes: []string{"job live: its task stops and resumes; added tables: S.X"},
		},
		{
			name: "another reader of the redo log", after: func(s *contract.PreflightProperties) { s.Capture, s.Endpoints.Source = "binary-reader", "s2" },
			refused: []string{
				"job live: the redo log is read by binary-reader instead of logminer, after which DMS asks for a restart of the task",
				"job tail: the redo log is read by binary-reader instead of logminer",
			},
		},
		{
			name: "another reader of the redo log, allowed",
			after: func(s *contract.PreflightProperties) {
				s.Capture, s.Endpoints.Source = "binary-reader", "s2"
				restart(s)
			},
			replace: []string{"live", "tail"},
			changes: []string{
				"job live: the redo log is read by binary-reader instead of logminer, after which DMS asks for a restart of the task: its task " +
					"is replaced by a new one",
				"job tail: the redo log is read by binary-reader instead of logminer, after which DMS asks for a restart of the task: its task " +
					"is replaced by a new one",
			},
		},
		{name: "a setting of the full-load endpoint", after: func(s *contract.PreflightProperties) { s.Endpoints.Full = "f2" }},
		{
			name: "a type", after: job("tail", func(j *contract.PreflightJob) { j.Type, j.StartFrom = department.FullLoadAndCDC, "" }),
			refused: []string{"job tail: its type changes from cdc to full-load-and-cdc. DMS cannot change that in a task, and a new " +
				"task loses the place in the redo log: all tables are loaded again, and the files of their changes so far are " +
				"deleted. Write onReplace: restart in the job to accept that, or undo the change"},
		},
		{
			name: "a type, allowed", after: job("tail", func(j *contract.PreflightJob) { j.Type, j.OnReplace = department.FullLoadAndCDC, "restart" }),
			replace: []string{"tail"},
			changes: []string{"job tail: its type changes from cdc to full-load-and-cdc: its task is replaced by a new one"},
		},
		{
			name: "a type, before the task has started", live: map[string]LiveTasks{},
			after:   job("live", func(j *contract.PreflightJob) { j.Type = department.CDC }),
			replace: []string{"live"},
			changes: []string{"job live: its type changes from full-load-and-cdc to cdc: its task is replaced by a new one"},
		},
		{
			name: "to a full load", after: job("live", func(j *contract.PreflightJob) { *j = contract.PreflightJob{Type: department.FullLoad} }),
			refused: []string{"changes are not followed any more. Take the job out of the file and give the full load another name"},
		},
		{
			name:   "to a full load, allowed by the deployed file",
			before: job("live", func(j *contract.PreflightJob) { j.OnReplace = "restart" }),
			after:  job("live", func(j *contract.PreflightJob) { *j = contract.PreflightJob{Type: department.FullLoad} }), replace: []string{"live"},
			changes: []string{"job live: its type changes from full-load-and-cdc to full-load: its task is replaced by a new one"},
		},
		{
			name: "from a full load", after: job("daily", func(j *contract.PreflightJob) { j.Type = department.CDC }),
		},
		{
			name:  "another database",
			after: func(s *contract.PreflightProperties) { s.Database, s.Endpoints.Source = "OTHER", "s2" },
			refused: []string{
				"job live: the source changes from database ORCLPDB1 of secret oralake/sales to database OTHER",
				"job tail: the source changes",
			},
		},
		{
			name: "another database, allowed",
			after: func(s *contract.PreflightProperties) {
				s.Secret, s.Endpoints.Source = "oralake/other", "s2"
				restart(s)
			},
			replace: []string{"live", "tail"},
			changes: []string{
				"job live: the source changes from database ORCLPDB1 of secret oralake/sales to database ORCLPDB1 of secret " +
					"oralake/other: its task is replaced by a new one",
				"job tail: the source changes from database ORCLPDB1 of secret oralake/sales to database ORCLPDB1 of secret " +
					"oralake/other: its task is replaced by a new one",
			},
		},
		{
			name: "another VPC", after: func(s *contract.PreflightProperties) { s.Location = "vpc-2" },
			refused: []string{"the replication instance moves from vpc-1 to vpc-2", "changes made until it starts are never captured"},
		},
		{
			name: "another start", after: job("tail", func(j *contract.PreflightJob) { j.StartFrom = "12345" }),
			refused: []string{"startFrom changes from now to 12345. DMS cannot change that in a task, and a new task loses the place " +
				"in the redo log: only changes after 12345 are captured"},
		},
		{
			name:    "another start, allowed",
			after:   job("tail", func(j *contract.PreflightJob) { j.StartFrom, j.OnReplace = "12345", "restart" }),
			replace: []string{"tail"},
			changes: []string{
				"job tail: startFrom changes from now to 12345: its task is replaced by a new one",
				"job tail: its task starts from 12345, as startFrom says: changes of transactions that were open then and began before " +
					"are missed",
			},
		},
		{
			name: "new jobs", after: func(s *contract.PreflightProperties) {
				s.Jobs["given"] = contract.PreflightJob{Type: department.CDC, StartFrom: "12345", Tables: map[string]string{"S.G": "S.G"}}
				s.Jobs["now"] = contract.PreflightJob{Type: department.CDC, StartFrom: "now", Tables: map[string]string{"S.N": "S.N"}}
			},
			changes: []string{
				"job given is new",
				"job given: its task starts from 12345, as startFrom says: changes of transactions that were open then and began before " +
					"are missed",
				"job now is new",
			},
		},
		{
			name: "a table added to a cdc job, without backfill", after: job("tail", func(j *contract.PreflightJob) { j.Tables["S.D"] = "S.D" }),
			refused: []string{"job tail: S.D would be added without the existing rows, because a cdc job loads no tables. " +
				"Write backfill: true in the job to load the existing rows once, or backfill: false to do without them"},
			changes: []string{"job tail: its task stops and resumes; added tables: S.D"},
		},
		{
			name: "a table added to a cdc job, with backfill: true",
			after: job("tail", func(j *contract.PreflightJob) {
				j.Backfill = "true"
				j.Tables["S.D"] = "S.D"
			}),
			changes: []string{"job tail: its task stops and resumes; added tables: S.D"},
		},
		{
			name: "a table added before the task has started", live: map[string]LiveTasks{},
			after:   job("tail", func(j *contract.PreflightJob) { j.Tables["S.D"] = "S.D" }),
			changes: []string{"job tail: its task stops and resumes; added tables: S.D"},
		},
		{
			name: "tables of a full-load-and-cdc job",
			after: job("live", func(j *contract.PreflightJob) {
				delete(j.Tables, "S.A")
				j.Tables["S.X"] = "S.X"
			}),
			changes: []string{
				"job live: its task stops and resumes; added tables: S.X",
				"job live: its task stops and resumes; removed tables, whose files stay: S.A",
			},
		},
		{
			name: "a table renamed in the lake", after: job("live", func(j *contract.PreflightJob) { j.Tables["S.A"] = "LAKE.A" }),
			refused: []string{"job live: the name of S.A (LAKE.A was S.A) in the lake would change"},
		},
		{
			name: "a job removed", after: func(s *contract.PreflightProperties) { delete(s.Jobs, "tail") },
			changes: []string{"job tail is removed: its task and its checkpoint are deleted, its files stay"},
		},
		{
			name:  "a job removed, and an endpoint changed",
			after: func(s *contract.PreflightProperties) { delete(s.Jobs, "tail"); s.Endpoints.Source = "s2" }, stop: []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and resumes",
				"job tail is removed: its task and its checkpoint are deleted, its files stay",
			},
		},
		{
			name: "a job added",
			after: func(s *contract.PreflightProperties) {
				s.Jobs["new"] = contract.PreflightJob{Type: department.CDC, Tables: map[string]string{"S.Z": "S.Z"}}
			},
			changes: []string{"job new is new"},
		},
		{
			name: "the source endpoint during a full load", after: func(s *contract.PreflightProperties) { s.Endpoints.Source = "s2" },
			live:    map[string]LiveTasks{"daily": {Loads: true}},
			refused: []string{"a full load of job daily is running, and the deploy changes an endpoint that it uses"},
			stop:    []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and resumes",
				"job tail: the definition of an endpoint changes: its task stops and resumes",
			},
		},
		{
			name: "the full-load endpoint during a backfill", after: func(s *contract.PreflightProperties) { s.Endpoints.Full = "f2" },
			live: map[string]LiveTasks{"tail": {Follows: true, Loads: true}},
		},
		{
			name:    "the endpoints for changes during a backfill",
			after:   func(s *contract.PreflightProperties) { s.Endpoints.CDC, s.Endpoints.CDCLoad = "c2", "l2" },
			live:    map[string]LiveTasks{"tail": {Follows: true, Loads: true}},
			refused: []string{"a full load of job tail is running"}, stop: []string{"live", "tail"},
			changes: []string{
				"job live: the definition of an endpoint changes: its task stops and resumes",
				"job tail: the definition of an endpoint changes: its task stops and resumes",
			},
		},
		{
			name: "a larger instance", after: func(s *contract.PreflightProperties) { s.Instance.Class, s.Instance.StorageGB = "dms.r6i.large", "200" },
			changes: []string{"the replication instance: class from dms.c6i.large to dms.r6i.large, storageGB from 100 to 200"},
		},
		{
			name: "a larger instance during a full load", after: func(s *contract.PreflightProperties) { s.Instance.Class = "dms.r6i.large" },
			live:    map[string]LiveTasks{"daily": {Loads: true}, "live": {Follows: true}},
			refused: []string{"full loads are running (daily), and the deploy changes the replication instance (class from dms.c6i.large to dms.r6i.large)"},
		},
		{
			name:    "a newer engine during the first load of a job that follows changes",
			after:   func(s *contract.PreflightProperties) { s.Instance.EngineVersion = "3.7.0" },
			live:    map[string]LiveTasks{"live": {Follows: true, FirstLoad: true}},
			refused: []string{"full loads are running (live), and the deploy changes the replication instance (engineVersion from 3.6.1 to 3.7.0)"},
		},
		{
			name: "a standby during a full load", after: func(s *contract.PreflightProperties) { s.Instance.MultiAZ = "true" },
			live:    map[string]LiveTasks{"daily": {Loads: true}},
			refused: []string{"multiAz from false to true): DMS would restart them; wait for the end of the loads, or stop their runs, and deploy again"},
		},
		{
			name: "an older engine", after: func(s *contract.PreflightProperties) { s.Instance.EngineVersion = "3.5.4" },
			refused: []string{"replication.engineVersion would change from 3.6.1 to 3.5.4: DMS does not go back to an older version; write 3.6.1 or a later one"},
			changes: []string{"the replication instance: engineVersion from 3.6.1 to 3.5.4"},
		},
		{
			name:    "an instance of an earlier version of oralake, during a full load",
			before:  func(s *contract.PreflightProperties) { s.Instance = contract.InstanceDefinition{} },
			live:    map[string]LiveTasks{"daily": {Loads: true}},
			refused: []string{"what is deployed is not known: an earlier version of oralake deployed it"},
		},
		{
			name:    "an instance of an earlier version of oralake",
			before:  func(s *contract.PreflightProperties) { s.Instance = contract.InstanceDefinition{} },
			changes: []string{"the replication instance: what is deployed is not known: an earlier version of oralake deployed it"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before, after := deployed(), deployed()
			if test.before != nil {
				before = with(test.before)
			}
			if test.after != nil {
				after = with(test.after)
			}
			live := test.live
			if live == nil {
				live = bothFollow
			}
			got := Compare(before, after, live)
			want := Decision{Refused: got.Refused, Stop: test.stop, Replace: test.replace, Changes: test.changes}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
			if len(got.Refused) != len(test.refused) {
				t.Fatalf("%d reasons to refuse, want %d:\n%s", len(got.Refused), len(test.refused), strings.Join(got.Refused, "\n"))
			}
			for i, part := range test.refused {
				if !strings.Contains(got.Refused[i], part) {
					t.Errorf("reason to refuse\n%s\nwant one with\n%s", got.Refused[i], part)
				}
			}
		})
	}
}

// A rollback replaces the tasks that read another redo log, or that load other rows and columns.
func TestReplacedByRollback(t *testing.T) {
	other := map[string]string{"S.A": "x", "S.C": "x"}
	for name, test := range map[string]struct {
		failed func(*contract.PreflightProperties)
		want   []string
	}{
		"another lake setting":           {func(s *contract.PreflightProperties) { s.Endpoints.CDC = "c2" }, nil},
		"another reader of the redo log": {func(s *contract.PreflightProperties) { s.Capture = "binary-reader" }, []string{"live", "tail"}},
		"another database":               {func(s *contract.PreflightProperties) { s.Database = "OTHER" }, []string{"live", "tail"}},
		"columns of a full-load-and-cdc job": {
			job("live", func(j *contract.PreflightJob) { j.Transformations = other }), []string{"live"},
		},
		"columns of a cdc job": {job("tail", func(j *contract.PreflightJob) { j.Transformations = other }), nil},
		"a new job": {func(s *contract.PreflightProperties) {
			s.Jobs["new"] = contract.PreflightJob{Type: department.CDC}
		}, nil},
	} {
		if diff := cmp.Diff(test.want, replacedByRollback(with(test.failed), deployed())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
