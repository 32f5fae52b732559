package run

import (
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// SourceSCN is the system change number of the source just before a load.
type SourceSCN struct {
	SCN     int64  `json:"scn,omitempty"`     // 0 when it could not be taken
	Problem string `json:"problem,omitempty"` // why it could not
}

// readyToStart moves a run whose tasks can be started on. A run that verifies its loads takes the SCN first, and only once:
// tables that are loaded already would be compared with a later one in vain.
func (d *Document) readyToStart(now time.Time) {
	if d.Verify == "" || d.StartSCN != nil {
		d.SetPhase(dms.Ready, now)
		return
	}
	d.CheckRequest = &checkservice.Input{Request: checkservice.Request{Do: checkservice.SCN}}
	d.SetPhase(Checking, now)
}

// handleSCN takes the SCN from the check function's output, if the run asked for it.
func (d *Document) handleSCN() {
	if d.CheckRequest == nil || d.CheckRequest.Do != checkservice.SCN {
		return
	}
	start := &SourceSCN{Problem: d.CheckResult.problem()}
	if start.Problem == "" {
		start.SCN = d.CheckResult.SCN
	}
	d.StartSCN, d.CheckRequest, d.CheckResult = start, nil, nil
}
