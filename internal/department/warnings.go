package department

import "time"

// Warning is something in a department's file that works, but probably not as its author expects.
type Warning struct {
	Kind string // clock-change, maintenance, engine or catalog: the same for every warning of its kind
	Text string // what happens, why, and what to write instead
}

// Warnings returns the warnings about a department. Those about the calendar look three years ahead of now.
func (d *Department) Warnings(now time.Time) []Warning {
	all := append(d.clockWarnings(now), d.maintenanceWarnings()...)
	if endingEngine(d.Replication.EngineVersion) {
		all = append(all, Warning{"engine", "replication.engineVersion is " + d.Replication.EngineVersion + ": from 31 January 2027 at " +
			"the latest AWS creates no new instances of it; write engineVersion: " + defaultEngine})
	}
	return append(all, d.catalogWarnings()...)
}
