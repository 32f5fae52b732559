package cli_test

import (
	"fmt"
	"slices"
	"strings"
)

// findings are the guarantees that the deletion of a stack broke, as lines for a person.
type findings struct {
	StackLeft      []string // the stack exists, or the CLI failed
	TasksLeft      []string // replication tasks
	ResourcesLeft  []string // the instance and the endpoints
	ExecutionsLeft []string // that still run
	DataLost       []string // objects that are missing in the lake or changed
	RecordsLost    []string // records that are missing or changed
	RunsMisnoted   []string // runs without a record, or with more than one
}

// check compares a stack after its deletion with the stack when the deletion started. runs are all runs ever started.
func check(before, after scene, runs []execution) findings {
	f := findings{TasksLeft: after.Tasks, ResourcesLeft: after.Resources}
	if after.Status != "" {
		f.StackLeft = append(f.StackLeft, "the stack is "+after.Status)
	}
	for key, size := range before.Objects {
		now, there := after.Objects[key]
		switch {
		case !there:
			f.DataLost = append(f.DataLost, key)
		case now < size && !strings.HasPrefix(key, "current/"): // A run replaces these documents, and no other object.
			f.DataLost = append(f.DataLost, fmt.Sprintf("%s had %d bytes and has %d", key, size, now))
		}
	}
	slices.Sort(f.DataLost)
	for _, was := range before.Records {
		i := slices.IndexFunc(after.Records, func(r record) bool { return r.PK == was.PK && r.SK == was.SK })
		switch {
		case i < 0:
			f.RecordsLost = append(f.RecordsLost, was.PK+" "+was.SK)
		case was.Outcome == "SUCCEEDED" && was.Publication != "due" && after.Records[i].Outcome != was.Outcome, was.Good && !after.Records[i].Good:
			f.RecordsLost = append(f.RecordsLost, was.PK+" "+was.SK+" is no longer a success")
		}
	}
	for _, run := range runs {
		if run.Running {
			f.ExecutionsLeft = append(f.ExecutionsLeft, run.ARN)
		}
		if run.Job == "" {
			continue // A recovery writes the record of another run.
		}
		recorded := 0
		for _, r := range after.Records {
			if strings.HasPrefix(r.PK, "JOB#") && r.Execution == run.ARN {
				recorded++
			}
		}
		want := 1
		if run.Skipped {
			want = 0 // A skipped run has no record; its output has the holder of the lease.
		}
		if recorded != want {
			f.RunsMisnoted = append(f.RunsMisnoted,
				fmt.Sprintf("%s of job %s has %d records, want %d", run.ARN, run.Job, recorded, want))
		}
	}
	return f
}

// problem returns all findings, one a line; empty when there are none.
func (f findings) problem() string {
	var lines []string
	for _, kind := range []struct {
		what  string
		found []string
	}{
		{"stack left", f.StackLeft},
		{"task left", f.TasksLeft},
		{"resource left", f.ResourcesLeft},
		{"execution left", f.ExecutionsLeft},
		{"data lost", f.DataLost},
		{"record lost", f.RecordsLost},
		{"run misnoted", f.RunsMisnoted},
	} {
		for _, found := range kind.found {
			lines = append(lines, kind.what+": "+found)
		}
	}
	return strings.Join(lines, "\n")
}
