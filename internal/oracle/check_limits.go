package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// endingLimits are the resource limits of a profile at which Oracle ends a session or a call (SQL Language Reference, CREATE
// PROFILE).
var endingLimits = []string{
	idleTime, "CONNECT_TIME", "COMPOSITE_LIMIT", "CPU_PER_SESSION", "CPU_PER_CALL", "LOGICAL_READS_PER_SESSION", "LOGICAL_READS_PER_CALL",
	"PRIVATE_SGA",
}

const idleTime = "IDLE_TIME"

// checkLimits checks the limits of the user's profile. Oracle enforces them if RESOURCE_LIMIT is TRUE.
func (c *checker) checkLimits() {
	if c.known.unlimited {
		return
	}
	var others []string
	for _, limit := range c.granted.limits {
		name, value, _ := strings.Cut(limit, "=")
		switch {
		case name == idleTime:
			c.database(Warning, "oracle-check-idle-time", c.fixes.profile(idleTime),
				"IDLE_TIME of the profile of user %s is %s, and DMS needs UNLIMITED: Oracle ends sessions that are idle for longer, and the task fails",
				c.fixes.name(), minutes(value))
		case name == "SESSIONS_PER_USER":
			c.database(Note, "oralake-sessions-per-user", c.fixes.profile(name),
				"user %s may have %s sessions at the same time: DMS has one for each table or part of a table that it loads, and more for changes",
				c.fixes.name(), value)
		case slices.Contains(endingLimits, name):
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		c.database(Warning, "oralake-profile-limits", c.fixes.profile(others...),
			"the profile of user %s limits %s: Oracle ends sessions or calls that need more, and the task fails", c.fixes.name(),
			strings.Join(others, ", "))
	}
}

// minutes returns a limit in minutes for a message. DEFAULT is the limit of the profile DEFAULT.
func minutes(value string) string {
	if value == "DEFAULT" {
		return "that of the profile DEFAULT"
	}
	return fmt.Sprintf("%s minutes", value)
}
