package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/oracledb"
)

// redeploy adds a table to the job's list and deploys that while rows change at the source. It prints that the new table
// arrives, and for how long the other tables were not captured.
func (s *show) redeploy(ctx context.Context) error {
	f := s.following
	if f == nil {
		return nil
	}
	added, err := s.addition(ctx)
	if err != nil {
		return err
	}
	if err := addTable(s.departmentFile(), s.departmentFile(), f.job.Name, added.String()); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "\nAdding %s to the tables of %s, in the copy of the department's file.\n", added, f.job.Name)
	dir, err := s.fromRoot(filepath.Dir(s.departmentFile()))
	if err != nil {
		return err
	}
	diff, err := s.world.Diff(ctx, "department="+s.department.Name, "-c", "departments="+dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.Out, diffSummary(diff))

	began := time.Now()
	err = s.keepTouching(ctx, f.tables[0], func() error {
		// Deploy the cloud assembly of the diff.
		if err := s.world.CDKOf(ctx, s.world.assembly(), "deploy", "--require-approval", "never", "--progress", "bar"); err != nil {
			return err
		}
		task, err := s.awaitFollowed(ctx, append(slices.Clone(f.job.Tables), added))
		if err == nil && task != f.task {
			err = fmt.Errorf("the deploy replaced replication task %s with %s", f.task, task)
		}
		return err
	})
	if err != nil {
		return err
	}
	gap, often := s.world.captures.gaps(f.task, began)
	if often != 1 {
		return fmt.Errorf("replication task %s stopped capturing changes %d times in a deploy that adds a table, want once", f.task, often)
	}
	s.report.CDC.Redeploy = RedeployReport{
		Added: added.String(), Task: f.task, TaskKept: true, NotCapturingSeconds: s.onAWS(gap), Seconds: seconds(time.Since(began)),
	}
	fmt.Fprintf(s.Out, "\n%s has arrived. The same task goes on; %s was not captured for %.0f seconds, and nothing is lost.\n\n",
		added, names(f.tables), s.onAWS(gap))
	if f.changers[sourceTable(added)], err = newChanger(ctx, s.world.database, sourceTable(added)); err != nil {
		return err
	}
	f.tables = append(f.tables, added)
	if err := s.change(ctx, f.tables); err != nil {
		return err
	}
	return s.arrive(ctx)
}

// addition returns a table to add to the job: the smallest table with some rows whose changes no job replicates.
func (s *show) addition(ctx context.Context) (department.Table, error) {
	const someRows = 50
	t, err := smallest(ctx, s.world.database, someRows, func(t oracledb.Table) bool {
		for _, job := range s.department.Jobs {
			if job.Type.Continuous() && slices.ContainsFunc(job.Tables, func(d department.Table) bool { return sourceTable(d) == t }) {
				return true
			}
		}
		return false
	})
	if err == nil && t.Name == "" {
		err = errors.New("no table to add: jobs already replicate every table of the source")
	}
	return department.Table{Schema: t.Schema, Name: t.Name}, err
}

// fromRoot returns a folder's path relative to the repository, the working directory of the CDK app.
func (s *show) fromRoot(dir string) (string, error) {
	root, err := filepath.Abs(s.Root)
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if near, err := filepath.Rel(root, dir); err == nil && filepath.IsLocal(near) {
		return near, nil
	}
	return dir, nil
}

// keepTouching changes rows of a table, one after another, while f runs.
func (s *show) keepTouching(ctx context.Context, t department.Table, f func() error) error {
	touching, stop := context.WithCancel(ctx)
	touched := make(chan error, 1)
	go func() {
		for n := int64(0); pause(touching) == nil; n++ {
			if err := s.following.changers[sourceTable(t)].touch(ctx, n); err != nil {
				touched <- err
				return
			}
		}
		touched <- nil
	}()
	err := f()
	stop()
	return errors.Join(err, <-touched)
}

func names(tables []department.Table) string {
	all := make([]string, len(tables))
	for i, t := range tables {
		all[i] = t.String()
	}
	return strings.Join(all, ", ")
}

// diffSummary returns the first lines of `cdk diff` to read: the command and the changed tables of jobs. It returns all
// lines when no tables change.
func diffSummary(diff string) string {
	var lines []string
	of, shown, left := "", "", 0 // the resource of a line, the last printed resource, the number of omitted lines
	for line := range strings.Lines(diff) {
		line = strings.TrimRight(line, "\n")
		switch words := strings.TrimLeft(line, " │├└─"); {
		case strings.HasPrefix(line, "$ "):
			lines = append(lines, line)
		case strings.HasPrefix(line, "["):
			of, left = line, left+1
		case strings.HasPrefix(of, "[~] Custom::OralakeTasks ") && tableLine.MatchString(words):
			if of != shown {
				lines, shown, left = append(lines, of), of, left-1
			}
			lines = append(lines, "      "+words)
		default:
			left++
		}
	}
	if shown == "" {
		return diff
	}
	return strings.Join(append(lines, fmt.Sprintf("(and %d lines about identifiers and what else belongs to it)", left)), "\n")
}

// tableLine matches a table that is added to or removed from the list of a job.
var tableLine = regexp.MustCompile(`^\[[+-]\]\s+"[^"]+: `)
