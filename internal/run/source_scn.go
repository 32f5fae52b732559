package run

import (
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// SourceSCN is the system change number of the source just before a load.
type SourceSCN struct {
	SCN     int64  `json:"scn,omitempty"`     // 0 if the check function could not read it
	Problem string `json:"problem,omitempty"` // why the check function could not read it; empty if it could
}

// setPhaseBeforeStart sets the phase of a run whose tasks DMS can start. A run that verifies its loads requests the SCN first. It
// requests the SCN only once: tables that are loaded by then cannot be compared with a later SCN.
func (d *Document) setPhaseBeforeStart(now time.Time) {
	if d.Verify == "" || d.StartSCN != nil {
		d.SetPhase(dms.Ready, now)
		return
	}
	d.CheckRequest = &checkservice.Input{Request: checkservice.Request{Do: checkservice.SCN}}
	d.SetPhase(Checking, now)
}

// handleSCN reads the SCN from the output of the check function, if the run has requested it.
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
