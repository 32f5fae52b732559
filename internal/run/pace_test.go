package run

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// lookedAt returns how often a run that knows its pace looks at a load until it has ended, and how long after its end it sees that.
func lookedAt(end time.Duration, shortest int) (looks int, late time.Duration) {
	var spent time.Duration
	for spent < end {
		spent += paceWait(spent, shortest, firstLoadLook).Truncate(time.Second)
		looks++
	}
	return looks, spent - end
}

// A load that takes as long as the last ones, or up to a tenth less, is seen to have ended within a twentieth of its time or 15 seconds.
// So is any that takes longer.
func TestEndOfAKnownLoadIsSeenSoon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shortest := rapid.IntRange(1, 20*24*3600).Draw(t, "shortest")
		end := time.Duration(rapid.Float64Range(0.905, 3).Draw(t, "part") * float64(shortest) * float64(time.Second))
		_, late := lookedAt(end, shortest)
		if allowed := max(minWait, end/paceFraction) + 2*time.Second; late > allowed {
			t.Fatalf("the end of a load after %s, which took %d s before, is seen after %s, want at most %s", end, shortest, late, allowed)
		}
	})
}

// A failure, or an end that comes much too early, is seen within twice the time that the load had taken, within a minute at least, and
// never after more than half an hour.
func TestFailureOfAKnownLoadIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shortest := rapid.IntRange(1, 20*24*3600).Draw(t, "shortest")
		end := time.Duration(rapid.Int64Range(1, int64(3*24*time.Hour)).Draw(t, "end"))
		_, late := lookedAt(end, shortest)
		allowed := min(max(2*end, firstLoadLook), maxBlindWait)
		if whole := 2 * time.Second; late > max(allowed, end/paceFraction)+whole {
			t.Fatalf("a failure after %s of a load that took %d s before is seen after %s, want at most %s", end, shortest, late, allowed)
		}
	})
}

// A known load needs few looks.
func TestKnownLoadsNeedFewLooks(t *testing.T) {
	for _, test := range []struct {
		load  time.Duration
		looks int // at most
	}{
		{2 * time.Minute, 3},
		{20 * time.Minute, 7},
		{2 * time.Hour, 11},
		{8 * time.Hour, 22},
		{48 * time.Hour, 101}, // every half hour
	} {
		for _, part := range []float64{0.96, 1, 1.05} {
			if got, _ := lookedAt(time.Duration(part*float64(test.load)), int(test.load.Seconds())); got > test.looks {
				t.Errorf("a load of %v times %v takes %d looks, want at most %d", part, test.load, got, test.looks)
			}
		}
	}
}

// Only the parts that the pace is of wait by it.
func TestPaceIsOfItsParts(t *testing.T) {
	now := time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)
	known := Pace{Shortest: records.RunPace{Creating: 200, Loading: 3600, Deleting: 200}}
	for _, test := range []struct {
		name  string
		doc   func(*Document)
		phase dms.Phase
		want  int
	}{
		{"nothing known", func(d *Document) { d.Pace = Pace{} }, dms.Running, 15},
		{"loading", func(d *Document) { d.Pace.noteStart(now) }, dms.Running, 61},
		{"creating", func(d *Document) { d.Pace.noteCreation(now) }, dms.Pending, 191},
		{"deleting", func(d *Document) { d.Pace.noteDeletion(now) }, Deleting, 191},
		{"waiting for the lease", func(*Document) {}, dms.Pending, 15},
		{"refused", func(d *Document) { d.Pace.noteCreation(now); d.RefusedSince = now }, dms.Pending, 15},
		{"restarting after the start", func(d *Document) {
			d.Pace.noteCreation(now)
			d.Pace.noteReady(dms.Ready, now)
			d.Pace.noteStart(now)
		}, dms.Pending, 15},
	} {
		doc := &Document{Pace: known}
		test.doc(doc)
		doc.SetPhase(test.phase, now)
		if doc.WaitSeconds != test.want {
			t.Errorf("%s: waits %d s, want %d", test.name, doc.WaitSeconds, test.want)
		}
	}
}

// Bytes say how much work a table is, and so does a load that took long for its bytes.
func TestWeigh(t *testing.T) {
	got := weigh(map[string]records.Load{
		"fast": {Bytes: 10_000, Took: 10 * time.Second}, "usual": {Bytes: 1_000, Took: 10 * time.Second},
		"view": {Bytes: 10, Took: 100 * time.Second}, "short": {Bytes: 5, Took: time.Second}, "empty": {},
	})
	// The usual load moves 100 bytes a second.
	want := map[string]float64{"fast": 10_000, "usual": 1_000, "view": 10_000, "short": 100, "empty": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
}
