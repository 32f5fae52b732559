package verdict

import (
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

func TestLostLogHasAdvice(t *testing.T) {
	since := time.Date(2027, 1, 1, 4, 0, 0, 0, time.UTC)
	const restored = `If a backup has the archived logs from C on, restore them and start the state machine with {"job": "live", "resume": true}`
	for name, test := range map[string]struct {
		kind       department.Type
		stopReason string
		failure    string
		started    time.Time
		want       []string // in the reason; without any, the reason has no advice
	}{
		"LogMiner": {
			department.CDC, "Last Error ORA-01291: missing logfile. Stop Reason FATAL_ERROR Error Level FATAL", "", since,
			[]string{restored, "startFrom and onReplace: restart", "reload"},
		},
		"Binary Reader": {
			department.FullLoadAndCDC, "Stop Reason RECOVERABLE_ERROR Error Level RECOVERABLE",
			"Archived Redo log with the sequence 232488 does not exist, thread 1", since,
			[]string{restored, "delete the task in the DMS console and run the job"},
		},
		"a log that cannot be opened": {
			department.CDC, "", "ORA-00308: cannot open archived log '/arch/1_232488.arc'", since, []string{restored},
		},
		"another failure": {
			department.CDC, "Stop Reason RECOVERABLE_ERROR", "ORA-12170: TNS:Connect timeout occurred", since, nil,
		},
		"a failure of an earlier run": {
			department.CDC, "", "ORA-01291: missing logfile", since.Add(-time.Hour), nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := dms.Description{
				ID: "oralake-sales-live-1", Status: dms.StatusFailed, StartedAt: test.started, StopReason: test.stopReason,
				FailureMessage: test.failure, Checkpoint: "C",
			}
			v := Judge(test.kind, []manifest.Table{{Schema: "SALES", Name: "PRICE"}}, Observation{Task: d, Exists: true}, since)
			AdviseLostLog(&v, d, test.kind, "live")
			for _, words := range test.want {
				if strings.Count(v.Reason, words) != 1 {
					t.Errorf("the reason is %q, want %q once", v.Reason, words)
				}
			}
			if len(test.want) == 0 && strings.Contains(v.Reason, "If a backup") {
				t.Errorf("the reason is %q, want no advice about logs", v.Reason)
			}
		})
	}
}
