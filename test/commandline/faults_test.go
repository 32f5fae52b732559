package commandline_test

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

// faults are what goes wrong, as a script says it.
type faults struct {
	localdms.NoFaults
	mu     sync.Mutex
	kind   string
	values []string
}

// fault makes something go wrong from now on:
//
//	fault tables SCHEMA.TABLE...   the loads of these tables end in error
//	fault following MESSAGE        every task that follows changes fails at its start with the message
//	fault break DURATION           every task that follows changes fails so long after it has loaded its tables
//	fault disk                     the disk of the replication instance is full after the first table of a load
//	fault hang                     full loads never end
//	fault schedules                EventBridge Scheduler may not start the state machine
//	fault                          nothing goes wrong
func (s *story) fault(_ *testscript.TestScript, _ bool, args []string) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.kind, s.faults.values = "", nil
	if len(args) > 0 {
		s.faults.kind, s.faults.values = args[0], args[1:]
	}
}

// disturb refuses what a fault refuses.
func (f *faults) disturb(c gateway.Call) gateway.Disturbance {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kind == "schedules" && c.Service == "states" && c.Operation == "StartExecution" && strings.Contains(c.Principal.Role, "Schedules") {
		return gateway.Disturbance{Refuse: harness.Denied(c)}
	}
	return gateway.Disturbance{}
}

// Run is what goes wrong with the run of a task.
func (f *faults) Run(t localdms.Task) localdms.RunFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.kind == "following" && t.MigrationType != "full-load":
		return localdms.RunFault{Fail: f.values[0]}
	case f.kind == "break" && t.MigrationType != "full-load":
		after, err := time.ParseDuration(f.values[0])
		if err != nil {
			panic(err)
		}
		return localdms.RunFault{Tables: localdms.AllTables, End: localdms.End{After: after, Status: "failed"}}
	case f.kind == "disk" && t.MigrationType == "full-load":
		return localdms.RunFault{Tables: 1, End: localdms.End{Reason: "STOPPED_DUE_TO_LOW_DISK"}}
	case f.kind == "hang" && t.MigrationType == "full-load":
		return localdms.RunFault{Hang: true, Tables: 1}
	}
	return localdms.RunFault{}
}

// Table is what goes wrong with a table.
func (f *faults) Table(_ localdms.Task, schema, table string) localdms.TableFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kind == "tables" && slices.Contains(f.values, schema+"."+table) {
		return localdms.TableFault{Kind: localdms.TableErrors}
	}
	return localdms.TableFault{}
}
