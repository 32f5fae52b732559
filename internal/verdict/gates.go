package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Load is what a full load of a table has loaded, and how that differs from what readers see.
type Load struct {
	Rows int64
	Age  time.Duration  // since the start of the load; 0 if that is not known
	Seen *int64         // how many rows readers see; nil if no load of the table was published
	Diff *records.Drift // how the columns differ from those that readers see; nil if they do not
}

// PassGates marks a table (SCHEMA.TABLE) that is good as held if its load does not pass the gates, or as not good if they say so.
func PassGates(v *Verdict, table string, g manifest.Gates, l Load) {
	if l.Diff.Breaks() && g.OnSchemaChange == department.FailOnChange {
		v.MarkFailed(table, SchemaChanged, schemaChange(g, l))
		return
	}
	closed := closedGates(g, l)
	for i := range v.Tables {
		t := &v.Tables[i]
		if t.String() != table || !t.Good || len(closed) == 0 {
			continue
		}
		t.Held = closed
		var why []string
		for _, gate := range closed {
			why = append(why, gate.Why)
		}
		t.Reason = "it is held, and readers keep what they see: " + strings.Join(why, "; ")
	}
	*v = withOutcome(*v)
}

// closedGates returns the gates that a load does not pass.
func closedGates(g manifest.Gates, l Load) (closed []records.Gate) {
	add := func(name records.GateName, format string, args ...any) {
		closed = append(closed, records.Gate{Name: name, Why: fmt.Sprintf(format, args...)})
	}
	if l.Rows < g.MinRows {
		add(records.GateMinRows, "it has %d rows, and minRows is %d", l.Rows, g.MinRows)
	}
	if l.Seen != nil && dropped(g, *l.Seen, l.Rows) {
		add(records.GateMaxDropPercent, "it has %d rows, and readers see %d: that is more than maxDropPercent, %d, fewer", l.Rows, *l.Seen, g.MaxDropPercent)
	}
	if limit := time.Duration(g.MaxHours) * time.Hour; limit > 0 && l.Age > limit {
		add(records.GateMaxHours, "its load has started %s ago, and maxHours is %d", l.Age.Round(time.Minute), g.MaxHours)
	}
	if l.Diff.Breaks() && g.OnSchemaChange == department.HoldOnChange {
		add(records.GateOnSchemaChange, "%s", schemaChange(g, l))
	}
	return closed
}

// dropped says that a load of now rows has dropped by more than the gates allow, from those that readers see.
func dropped(g manifest.Gates, seen, now int64) bool {
	if now >= seen || now > 0 && seen < g.DropFrom {
		return false
	}
	return float64(seen-now)*100 > float64(seen)*float64(g.MaxDropPercent)
}

func schemaChange(g manifest.Gates, l Load) string {
	return fmt.Sprintf("its columns differ from those that readers see, and onSchemaChange is %s: %s", g.OnSchemaChange, l.Diff)
}
