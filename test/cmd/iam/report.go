package main

import (
	"fmt"
	"os"
	"strings"
)

// writeReport writes a table of all permissions: whether they are used, and which scenario fails without them.
func writeReport(file string, permissions []*permission, u use, sum summary) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# What the roles of a department may do\n\n%d roles have %d permissions. %d of them were taken away, one by one, from a template that was "+
		"deployed; %d times a scenario failed.\n", sum.Roles, sum.Actions, sum.Removed, sum.Caught)
	role := ""
	for _, p := range permissions {
		if p.role != role {
			role = p.role
			fmt.Fprintf(&b, "\n## %s\n\n| action | scenarios that use it | fails without it |\n|---|---|---|\n", role)
		}
		fmt.Fprintf(&b, "| `%s` | %d | %s |\n", p.action, len(p.tests), p.verdict())
	}
	fmt.Fprintf(&b, "\n## Denied\n\n")
	for _, what := range u.denied {
		fmt.Fprintf(&b, "- %s\n", what)
	}
	if len(u.denied) == 0 {
		b.WriteString("Nothing.\n")
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

// verdict says what came of taking the permission away.
func (p *permission) verdict() string {
	switch {
	case p.reason != "":
		return "not tried: " + p.reason
	case !p.removed:
		return "not tried"
	case p.caught == "":
		return "**nothing**"
	default:
		return p.caught
	}
}
