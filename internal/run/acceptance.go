package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/records"
)

// checkAcceptance fails the run if its request accepts DDL that cannot be accepted: then it accepts none. Record accepts the DDL.
func (p Prepare) checkAcceptance(ctx context.Context, doc *Document) error {
	if len(doc.Request.Accept) == 0 {
		return nil
	}
	state, err := records.FindJobState(ctx, p.Records, p.Table, doc.Request.Job)
	if err != nil {
		return err
	}
	var refused []string
	for _, name := range doc.Request.Accept {
		if why := refuseAcceptance(state, doc, name); why != "" {
			refused = append(refused, why)
		}
	}
	if len(refused) == 0 {
		doc.AcceptsDDL = true
		return nil
	}
	const maxRefused = 10
	if more := len(refused) - maxRefused; more > 0 {
		refused = append(refused[:maxRefused], fmt.Sprintf("and %d more tables", more))
	}
	return errors.New("nothing is accepted: " + strings.Join(refused, "; "))
}

// refuseAcceptance says why the DDL on a table cannot be accepted, and what to do; empty if it can.
func refuseAcceptance(state records.JobState, doc *Document, table string) string {
	why, missing := state.Diverged[table]
	ddl, seen := state.DDLSeen[table]
	switch {
	case missing:
		return fmt.Sprintf(`rows of %s may be missing in the lake, which nobody can accept: %s; reload it with {"job": %q, "reload": [%q]}`,
			table, why, doc.Request.Job, table)
	case !seen:
		return fmt.Sprintf("no run has noticed DDL on %s since it was loaded or accepted: leave it out of the request, or run the job "+
			`once with {"job": %q}, which notices DDL`, table, doc.Request.Job)
	case ddl.NoticedAt.After(doc.StartedAt):
		return fmt.Sprintf("DDL on %s was noticed at %s, after this request was made: if you know that DDL, accept it again",
			table, ddl.NoticedAt.UTC().Format(time.RFC3339))
	default:
		return ""
	}
}

// acceptDDL accepts the DDL on a table, if the request says so and Prepare has found that it can be accepted. It does not accept DDL
// that was noticed after the request was made: the person has not seen it.
func (s *jobState) acceptDDL(doc *Document, table string, now time.Time) {
	if !doc.AcceptsDDL || !slices.Contains(doc.Request.Accept, table) || refuseAcceptance(s.JobState, doc, table) != "" {
		return
	}
	if s.accepted == nil {
		s.accepted = map[string]records.Acceptance{}
	}
	s.accepted[table] = records.Acceptance{
		By: doc.Request.By, At: now, Execution: doc.Execution, NoticedAt: s.DDLSeen[table].NoticedAt,
	}
	delete(s.DDLSeen, table)
}
