package dms

import (
	"slices"
	"testing"
	"time"
)

// A reload is over when DMS is not loading the table any more and has shown that it loaded it: by a state, by the time of the load,
// or by calling it reloaded. Each look is at the statistics some time after the request.
func TestReloadIsOver(t *testing.T) {
	requested := runStart
	before := TableStatistics{Schema: "S", Name: "T", State: TableCompleted, LoadEndedAt: dayBefore}
	state := func(state string) TableStatistics { s := before; s.State = state; return s }
	renewed, reloaded, again := before, before, before
	renewed.LoadEndedAt = requested.Add(5 * time.Minute)
	reloaded.Reloaded, again.Reloaded = true, true
	for name, test := range map[string]struct {
		before TableStatistics
		looks  map[time.Duration]TableStatistics
		want   bool
	}{
		"nothing has changed":        {before, map[time.Duration]TableStatistics{time.Hour: before}, false},
		"the load's time is renewed": {before, map[time.Duration]TableStatistics{time.Hour: renewed}, true},
		"it is being reloaded":       {before, map[time.Duration]TableStatistics{time.Minute: state(TableReloading)}, false},
		"it was seen being reloaded": {before, map[time.Duration]TableStatistics{time.Minute: state(TableReloading), 2 * time.Minute: before}, true},
		"it was loaded, and is not called complete": {
			before, map[time.Duration]TableStatistics{time.Minute: state(TableLoading), 2 * time.Minute: state("Replicating")}, true,
		},
		"it is queued again":            {before, map[time.Duration]TableStatistics{time.Minute: state(TableLoading), 2 * time.Minute: state(TableQueued)}, false},
		"it is called reloaded":         {before, map[time.Duration]TableStatistics{time.Hour: reloaded}, true},
		"it is called reloaded at once": {before, map[time.Duration]TableStatistics{time.Second: reloaded}, false},
		"it was called reloaded before": {again, map[time.Duration]TableStatistics{time.Hour: reloaded}, false},
	} {
		l := TableReload{Tables: []string{"S.T"}}
		l.Begin([]TableStatistics{test.before}, requested)
		var pending []string
		for _, after := range sortedLooks(test.looks) {
			pending = l.Observe([]TableStatistics{test.looks[after]}, requested.Add(after))
		}
		if got := slices.Contains(l.Done, "S.T"); got != test.want || (len(pending) == 0) != test.want {
			t.Errorf("%s: over: %v, pending %v; want %v", name, got, pending, test.want)
		}
	}
}

func sortedLooks(looks map[time.Duration]TableStatistics) (all []time.Duration) {
	for after := range looks {
		all = append(all, after)
	}
	slices.Sort(all)
	return all
}
