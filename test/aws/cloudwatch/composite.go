package cloudwatch

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// composite is a composite alarm: its state follows from those of other alarms.
type composite struct {
	arn string
	compositeProperties
	terms   []term
	state   string
	reason  string
	changed time.Time
}

type compositeProperties struct {
	actions
	AlarmRule string
}

// term is one part of a rule: the named alarm is in a state.
type term struct{ state, alarm string }

// The limits of a rule (API_PutCompositeAlarm).
const (
	maxRule  = 10_240
	maxTerms = 100
)

var termForm = regexp.MustCompile(`^(ALARM|OK|INSUFFICIENT_DATA)\(\s*(?:"([^"]+)"|'([^']+)'|([^\s"'()]+))\s*\)$`)

// parseRule reads a rule: terms that are joined by OR.
func parseRule(rule string) ([]term, error) {
	if len(rule) > maxRule {
		return nil, invalid("AlarmRule must not exceed %d characters: it has %d", maxRule, len(rule))
	}
	var all []term
	for part := range strings.SplitSeq(rule, " OR ") {
		m := termForm.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return nil, gateway.NotImplemented("the rule " + part + " of a composite alarm: only ALARM(NAME), OK(NAME) and INSUFFICIENT_DATA(NAME), joined by OR")
		}
		name := m[2] + m[3] + m[4]
		if _, after, isARN := strings.Cut(name, ":alarm:"); isARN {
			name = after
		}
		all = append(all, term{m[1], name})
	}
	if len(all) > maxTerms {
		return nil, invalid("AlarmRule must not have more than %d alarms: it has %d", maxTerms, len(all))
	}
	return all, nil
}

// stateOf returns the state of an alarm of either kind. s.mu must be held.
func (s *Service) stateOf(name string) (string, bool) {
	if a := s.alarms[name]; a != nil {
		return a.state, true
	}
	if c := s.composites[name]; c != nil {
		return c.state, true
	}
	return "", false
}

// evaluateComposites evaluates composite alarms until none changes: one may name another. s.mu must be held.
func (s *Service) evaluateComposites() (changes []Change) {
	for again := true; again; {
		again = false
		for _, name := range slices.Sorted(maps.Keys(s.composites)) {
			c := s.composites[name]
			state, reason := c.evaluate(s)
			if state != c.state {
				changes = append(changes, s.change(&c.state, &c.reason, &c.changed, c.actions, c.arn, state, reason))
				again = true
			}
		}
	}
	return changes
}

// evaluate returns the state that follows from the rule. A composite alarm has no data to be insufficient.
func (c *composite) evaluate(s *Service) (state, reason string) {
	var because []string
	for _, t := range c.terms {
		if state, _ := s.stateOf(t.alarm); state == t.state {
			because = append(because, t.alarm)
		}
	}
	if len(because) > 0 {
		return StateAlarm, fmt.Sprintf("%s transitioned to ALARM: %s", c.AlarmName, strings.Join(because, ", "))
	}
	return StateOK, "no alarm of the rule is in its state"
}
