package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/verdict"
	"github.com/oralake/oralake/internal/wording"
)

// mostClauses is how many reasons the headline has, and longestClause how many characters of each.
const (
	mostClauses   = 2
	longestClause = 180
)

// Headline is what a person must know, in a sentence: such as "Last night: 3 of 4 jobs are good; SALES.ORDERS is held because ...".
func Headline(h operator.History) string {
	s := h.Status
	good, never := 0, 0
	for _, j := range s.Jobs {
		switch {
		case slices.ContainsFunc(s.Needs, func(n operator.Need) bool { return n.Job == j.Job }):
		case j.LastRun == nil:
			never++
		default:
			good++
		}
	}
	if never == len(s.Jobs) && len(s.Needs) == 0 {
		return "No run has ended yet: there is nothing to report."
	}
	var said []string
	switch {
	case len(s.Jobs) == 1 && good == 1:
		said = append(said, "the only job is good")
	case len(s.Jobs) == 1:
		said = append(said, "the only job is not good")
	case good == 2 && len(s.Jobs) == 2:
		said = append(said, "both jobs are good")
	case good == len(s.Jobs):
		said = append(said, "all "+wording.Counted(good, "job")+" are good")
	default:
		said = append(said, fmt.Sprintf("%d of %s %s good", good, wording.Counted(len(s.Jobs), "job"), isOrAre(good)))
	}
	all := clauses(s)
	said = append(said, all[:min(len(all), mostClauses)]...)
	if more := len(all) - mostClauses; more > 0 {
		said = append(said, fmt.Sprintf("%d more %s a person", more, needVerb(more)))
	}
	if never > 0 {
		said = append(said, fmt.Sprintf("%d %s not run yet", never, hasOrHave(never)))
	}
	return sentence(since(h), said)
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func hasOrHave(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

func needVerb(n int) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}

// sentence joins what is said to a sentence.
func sentence(opening string, said []string) string {
	text := opening + strings.Join(said, "; ")
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// lastNight is how long ago a load may have ended for the headline to speak of last night.
const lastNight = 24 * time.Hour

// since says of when the headline is.
func since(h operator.History) string {
	var newest time.Time
	for _, j := range h.Status.Jobs {
		if r := j.LastRun; r != nil && r.EndedAt().After(newest) {
			newest = r.EndedAt()
		}
	}
	if h.Status.At.Sub(newest) <= lastNight {
		return "Last night: "
	}
	return "After the last runs, " + wording.Span(h.Status.At.Sub(newest)) + " ago: "
}

// clauses say what is wrong, each once, the worst of each job first.
func clauses(s operator.Status) (all []string) {
	for _, n := range s.Needs {
		for _, clause := range clausesOf(s, n) {
			clause = strings.TrimSuffix(wording.Shortened(clause, longestClause), ".")
			if !slices.Contains(all, clause) {
				all = append(all, clause)
			}
		}
	}
	return all
}

// clausesOf say what is wrong with one thing that needs a person.
func clausesOf(s operator.Status, n operator.Need) []string {
	job := statusOf(s, n.Job)
	switch n.Kind {
	case operator.FailedRun:
		var tables []string
		for _, t := range job.Bad {
			if t.Run == n.Run {
				tables = append(tables, tableClause(t))
			}
		}
		if len(tables) > 0 && job.LastRun.Outcome != string(verdict.Failed) {
			return tables
		}
		return []string{n.Job + " failed: " + job.LastRun.Reason}
	case operator.TableNotGood:
		for _, t := range job.Bad {
			if t.Table == n.Table {
				return []string{tableClause(t)}
			}
		}
	case operator.TaskDown:
		return []string{"the task of " + n.Job + " does not run"}
	case operator.MissedSchedule:
		return []string{n.Job + " has missed its schedule"}
	case operator.NoSchedule:
		return []string{"nothing starts " + n.Job + ": " + n.Text}
	case operator.RedoLow:
		return []string{"the task of " + n.Job + " may soon lose its place in the redo log"}
	}
	return []string{n.Text}
}

// tableClause says why a table is not good, or held.
func tableClause(t operator.BadTable) string {
	switch {
	case len(t.Held) > 0:
		return t.Table + " is held because " + strings.Join(t.Held, ", and ")
	case t.Missing:
		return "rows of " + t.Table + " are missing: " + t.Reason
	}
	return t.Table + " is not good: " + t.Reason
}

// needsOf are the needs that the document names, with texts that it has room for. A run that failed only for tables with needs of their own
// is not named beside them.
func needsOf(s operator.Status) (all []operator.Need) {
	for _, n := range s.Needs {
		if n.Kind == operator.FailedRun && explainedByTables(s, n) {
			continue
		}
		n.Text, n.Do = wording.Shortened(n.Text, longestText), wording.Shortened(n.Do, longestText)
		all = append(all, n)
	}
	return all
}

// explainedByTables says that a run is partly good, and that each table of it that is not good needs a person itself.
func explainedByTables(s operator.Status, run operator.Need) bool {
	job := statusOf(s, run.Job)
	if job.LastRun.Outcome != string(verdict.Partial) {
		return false
	}
	tables := 0
	for _, t := range job.Bad {
		if t.Run != run.Run {
			continue
		}
		tables++
		if !slices.ContainsFunc(s.Needs, func(n operator.Need) bool {
			return n.Kind == operator.TableNotGood && n.Job == run.Job && n.Table == t.Table
		}) {
			return false
		}
	}
	return tables > 0
}
