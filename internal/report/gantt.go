package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/wording"
)

// night is the picture of a night: bars of tables by task.
type night struct {
	Name, Text string
	Ticks      []tick
	Steps      int
	Jobs       []nightJob
}

// nightJob is a job in a picture. Zone is its time zone, if it is another than that of the axis.
type nightJob struct {
	Job, Text string
	Tasks     []nightTask
	// Left is how many tasks the picture leaves out: those with the shortest loads.
	Left int
}

// nightTask is a task in a picture: its tables that are not good, then those whose loads took the longest. Folded are the others.
type nightTask struct {
	Task, Text string
	Bar        bar
	Open       bool
	Tables     []nightTable
	Folded     []nightTable
	FoldedText string
	// Left is how many tables the picture leaves out: those with the shortest loads.
	Left int
}

// nightTable is a table in a picture.
type nightTable struct {
	Table, Text string
	Bars        []bar
	longest     time.Duration
	good        bool
}

const (
	// openTables is how many tables a night may have for all its tasks to be unfolded.
	openTables = 40
	// shownTables is how many tables of a task are shown before the rest is folded; briefTables for an earlier night, which has no more.
	shownTables = 12
	briefTables = 3
	// mostTables is how many tables of a night the picture has.
	mostTables = 1500
	// mostTasks is how many tasks it has; briefTasks for an earlier night.
	mostTasks  = 300
	briefTasks = 30
	// mostBars is how many loads of a table it has: the newest.
	mostBars = 96
)

// pictures are the pictures of the nights. Only the newest has all tables.
func pictures(h operator.History, nights []span, z zones) (all []night) {
	for i, n := range nights {
		a := newAxis(n.first, n.last, z.department)
		picture := night{Name: n.name(z.department), Ticks: a.ticks(z.department), Steps: a.steps()}
		tables, tasks, rows := 0, 0, int64(0)
		for _, j := range n.jobs {
			drawn := drawJob(j, a, z)
			for _, task := range drawn.Tasks {
				tasks++
				tables += len(task.Tables)
			}
			picture.Jobs = append(picture.Jobs, drawn)
		}
		for _, load := range n.loads() {
			if load.Good {
				rows += load.Rows
			}
		}
		picture.Text = fmt.Sprintf("%s in %s, %s rows, in %s: from %s to %s.", wording.Counted(tables, "table"), wording.Counted(tasks, "task"),
			wording.Thousands(rows), length(n.last.Sub(n.first)), clock(n.first, z.department, n.last.Sub(n.first)), n.ending(z.department))
		picture.fold(tables, i > 0)
		all = append(all, picture)
	}
	return all
}

// drawJob draws the loads of a job by task.
func drawJob(j operator.JobHistory, a axis, z zones) nightJob {
	zone := z.of(j.Job)
	drawn := nightJob{Job: j.Job}
	if zone.String() != z.department.String() {
		drawn.Text = "its times are in " + zone.String()
	}
	tasks := map[string][]operator.Load{}
	var names []string
	for _, load := range j.Loads {
		if tasks[load.Task] == nil {
			names = append(names, load.Task)
		}
		tasks[load.Task] = append(tasks[load.Task], load)
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(len(x)-len(y), strings.Compare(x, y)) })
	for _, name := range names {
		drawn.Tasks = append(drawn.Tasks, drawTask(name, tasks[name], a, zone))
	}
	return drawn
}

// drawTask draws the loads of a task by table, the longest first, and before them the tables that are not good.
func drawTask(name string, loads []operator.Load, a axis, zone *time.Location) nightTask {
	picture := a.to.Sub(a.from)
	task := nightTask{Task: name}
	first, last, class, rows := loads[0].Start, loads[0].End, good, int64(0)
	index, several := map[string]int{}, map[string]int{}
	for _, load := range loads {
		last = later(last, load.End)
		class = worse(class, loadClass(load))
		if load.Good {
			rows += load.Rows
		}
		i, known := index[load.Table]
		if !known {
			i = len(task.Tables)
			index[load.Table] = i
			task.Tables = append(task.Tables, nightTable{Table: load.Table, good: true})
		}
		t := &task.Tables[i]
		t.Bars = append(t.Bars, a.bar(load.Start, load.End, loadClass(load)))
		t.Bars = t.Bars[max(0, len(t.Bars)-mostBars):]
		t.longest = max(t.longest, load.End.Sub(load.Start))
		t.good = t.good && loadClass(load) == good
		t.Text = loadText(load, zone, picture)
		if several[load.Table]++; several[load.Table] > 1 {
			t.Text = fmt.Sprintf("%d loads, the last %s", several[load.Table], t.Text)
		}
	}
	slices.SortStableFunc(task.Tables, func(x, y nightTable) int {
		return cmp.Or(rankOf(x.good)-rankOf(y.good), cmp.Compare(y.longest, x.longest), strings.Compare(x.Table, y.Table))
	})
	task.Bar = a.bar(first, last, class)
	task.Text = fmt.Sprintf("%s, %s, %s, %s rows", clock(first, zone, picture), length(last.Sub(first)),
		wording.Counted(len(task.Tables), "table"), wording.Thousands(rows))
	return task
}

func rankOf(good bool) int {
	if good {
		return 1
	}
	return 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// worse is the worse of two classes.
func worse(a, b string) string {
	for _, class := range []string{bad, held} {
		if a == class || b == class {
			return class
		}
	}
	return good
}

// fold folds what would make the picture too long: tables of a task, and with many tables all tasks but those that are not good and the
// one that ended last. An earlier night has only the longest loads.
func (n *night) fold(tables int, earlier bool) {
	n.leaveOut(earlier)
	room := mostTables
	var longest *nightTask
	for i := range n.Jobs {
		for k := range n.Jobs[i].Tasks {
			task := &n.Jobs[i].Tasks[k]
			if longest == nil || task.Bar.X+task.Bar.W > longest.Bar.X+longest.Bar.W {
				longest = task
			}
			task.Open = tables <= openTables || task.Bar.Class != good
			shown := shownTables
			if earlier {
				shown = briefTables
			}
			shown = min(shown, len(task.Tables))
			if tables <= openTables {
				shown = len(task.Tables)
			}
			rest := task.Tables[shown:]
			task.Tables = task.Tables[:shown]
			kept := 0
			if !earlier {
				kept = min(len(rest), max(0, room-shown))
			}
			task.Folded, task.Left = rest[:kept], len(rest)-kept
			room -= shown + kept
			if kept > 0 {
				task.FoldedText = fmt.Sprintf("%s, of at most %s each", wording.Counted(kept, "more table"), length(rest[0].longest))
			}
		}
	}
	if longest != nil && !earlier {
		longest.Open = true
	}
}

// leaveOut leaves out tasks beyond those that the picture may have: the good ones with the shortest loads.
func (n *night) leaveOut(earlier bool) {
	most := mostTasks
	if earlier {
		most = briefTasks
	}
	var all []nightTask
	for _, j := range n.Jobs {
		all = append(all, j.Tasks...)
	}
	if len(all) <= most {
		return
	}
	slices.SortStableFunc(all, func(a, b nightTask) int {
		return cmp.Or(rankOf(a.Bar.Class == good)-rankOf(b.Bar.Class == good), b.Bar.W-a.Bar.W)
	})
	kept := map[string]bool{}
	for _, task := range all[:most] {
		kept[task.Task] = true
	}
	for i := range n.Jobs {
		j := &n.Jobs[i]
		before := len(j.Tasks)
		j.Tasks = slices.DeleteFunc(j.Tasks, func(t nightTask) bool { return !kept[t.Task] })
		j.Left = before - len(j.Tasks)
	}
}
