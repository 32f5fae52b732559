package cloudwatch

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Change is a change of the state of an alarm.
type Change struct {
	Alarm, ARN       string
	From, To, Reason string
	Time             time.Time
	// Sent are the topics that got a message. Failed says why one did not, by its ARN.
	Sent   []string
	Failed map[string]string

	description string
	actions     []string
}

// maxChanges is how many changes are kept.
const maxChanges = 10_000

// Changes returns what happened to an alarm, oldest first; to all alarms if the name is empty.
func (s *Service) Changes(name string) []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.history), func(c Change) bool { return name != "" && c.Alarm != name })
}

// State returns the state of an alarm. ok is false if it does not exist.
func (s *Service) State(name string) (state string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.alarms[name]; a != nil {
		return a.state, true
	}
	if c := s.composites[name]; c != nil {
		return c.state, true
	}
	return "", false
}

// signal wakes the evaluator.
func (s *Service) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// start starts the evaluator. s.mu must be held.
func (s *Service) start() {
	if s.running || s.live.Err() != nil {
		return
	}
	s.running = true
	s.work.Go(s.run)
}

// run evaluates alarms at every whole minute, while there are some whose state can change.
func (s *Service) run() {
	timer := time.NewTimer(untilNextMinute())
	defer timer.Stop()
	for {
		select {
		case <-s.live.Done():
			return
		case <-timer.C:
		}
		for !s.evaluateAll(time.Now().UTC().Truncate(time.Minute)) {
			select {
			case <-s.live.Done():
				return
			case <-s.wake:
			}
		}
		timer.Reset(untilNextMinute())
	}
}

func untilNextMinute() time.Duration {
	now := time.Now()
	return now.Truncate(time.Minute).Add(time.Minute).Sub(now)
}

// evaluateAll evaluates the alarms at a whole minute, sends their messages, and reports whether there is one that time alone can change.
func (s *Service) evaluateAll(at time.Time) (more bool) {
	s.mu.Lock()
	var gauges []*alarm
	for _, a := range s.alarms {
		if isGauge(a.Namespace, a.MetricName) {
			gauges = append(gauges, a)
		}
	}
	s.mu.Unlock()
	for _, a := range gauges {
		s.sample(a.Namespace, a.MetricName, dimensionsOf(a.Dimensions))
	}
	var changes []Change
	s.mu.Lock()
	for _, name := range slices.Sorted(maps.Keys(s.alarms)) {
		a := s.alarms[name]
		if a.settled {
			continue
		}
		state, reason, values := a.evaluate(s, at)
		if !a.warmed(at, values) {
			more = true
			continue
		}
		if state != a.state {
			changes = append(changes, s.change(&a.state, &a.reason, &a.changed, a.actions, a.arn, state, reason))
		}
		fresh, any := s.newest(a.key)
		a.settled = values == 0 && !(any && fresh.After(at.Add(-time.Minute))) && !isGauge(a.Namespace, a.MetricName)
		more = more || !a.settled
	}
	changes = append(changes, s.evaluateComposites()...)
	s.mu.Unlock()
	for i := range changes {
		s.act(&changes[i])
	}
	s.mu.Lock()
	s.history = append(s.history, changes...)
	s.history = slices.Delete(s.history, 0, max(0, len(s.history)-maxChanges))
	s.mu.Unlock()
	return more
}

// newest returns the minute of the newest value of a series. s.mu must be held.
func (s *Service) newest(key string) (minute time.Time, any bool) {
	one := s.series[key]
	if one == nil || len(one.buckets) == 0 {
		return minute, false
	}
	return one.buckets[len(one.buckets)-1].minute, true
}

// change changes a state. s.mu must be held.
func (s *Service) change(state, why *string, changed *time.Time, do actions, arn, to, reason string) Change {
	c := Change{
		Alarm: do.AlarmName, ARN: arn, From: *state, To: to, Reason: reason, Time: time.Now(), description: do.AlarmDescription,
		actions: do.of(to), Failed: map[string]string{},
	}
	*state, *why, *changed = to, reason, c.Time
	return c
}

// act sends the messages of a change. Call it without s.mu.
func (s *Service) act(c *Change) {
	if s.publish == nil {
		return
	}
	message, err := json.Marshal(map[string]any{
		"AlarmName": c.Alarm, "AlarmDescription": c.description, "AlarmArn": c.ARN, "AWSAccountId": s.acct.ID, "Region": s.acct.Region,
		"OldStateValue": c.From, "NewStateValue": c.To, "NewStateReason": c.Reason,
		"StateChangeTime": c.Time.UTC().Format("2006-01-02T15:04:05.000+0000"),
	})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	subject := fmt.Sprintf("%s: %q in %s", c.To, c.Alarm, s.acct.Region)
	for _, topic := range c.actions {
		if err := s.publish(s.live, c.ARN, topic, subject[:min(len(subject), 99)], string(message)); err != nil {
			c.Failed[topic] = err.Error()
		} else {
			c.Sent = append(c.Sent, topic)
		}
	}
}

func dimensionsOf(dimensions []struct{ Name, Value string }) map[string]string {
	return metric{Dimensions: dimensions}.dimensions()
}

// byName sorts answers by the names of alarms.
func byName[T interface{ name() string }](all []T) []T {
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(a.name(), b.name()) })
	return all
}
