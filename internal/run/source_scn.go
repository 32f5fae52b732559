package run

import (
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// SourceSCN is what is known of the source just before a load began.
type SourceSCN struct {
	SCN     int64  `json:"scn,omitempty"`     // its system change number; 0 when it could not be taken
	Problem string `json:"problem,omitempty"` // why it could not
}

// phaseBeforeStart is the phase of a run whose tasks can be started: a run that verifies its loads takes the SCN first, once,
// since tables that are loaded already would be held against a later one in vain.
func (r *Document) phaseBeforeStart() dms.Phase {
	if r.Verify == "" || r.StartSCN != nil {
		return dms.Ready
	}
	r.CheckRequest = &checkservice.Input{Request: checkservice.Request{Do: checkservice.SCN}}
	return Checking
}

// handleSCN takes in the SCN, if the run asked for it.
func (r *Document) handleSCN() {
	if r.CheckRequest == nil || r.CheckRequest.Do != checkservice.SCN {
		return
	}
	began := &SourceSCN{Problem: r.CheckResult.problem()}
	if began.Problem == "" {
		began.SCN = r.CheckResult.SCN
	}
	r.StartSCN, r.CheckRequest, r.CheckResult = began, nil, nil
}
