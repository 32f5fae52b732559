package commandline

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/wording"
)

// progressView shows how far the tables of a run are: by bars on a terminal, and otherwise by a line for each table that is done. It
// writes to standard error, and nothing with --json.
type progressView struct {
	lines    io.Writer // nil for bars, and for none
	bars     progress.Writer
	rendered chan struct{} // closed when bars are no longer drawn
	trackers map[string]*progress.Tracker
	done     map[string]bool
}

func (s *session) progress() *progressView {
	v := &progressView{trackers: map[string]*progress.Tracker{}, done: map[string]bool{}}
	switch {
	case s.JSON:
	case s.Terminal:
		v.bars = progress.NewWriter()
		v.bars.SetOutputWriter(s.Stderr)
		v.bars.SetUpdateFrequency(time.Second)
		v.bars.SetTrackerPosition(progress.PositionRight)
		v.bars.Style().Visibility.Percentage = false
		v.bars.Style().Visibility.ETA = true
		v.rendered = make(chan struct{})
		go func() {
			defer close(v.rendered)
			v.bars.Render()
		}()
	default:
		v.lines = s.Stderr
	}
	return v
}

// show shows how far the tables are.
func (v *progressView) show(tables []operator.TableProgress) {
	for _, t := range tables {
		if v.done[t.Table] || !t.Loading && !t.Loaded && !t.Failed {
			continue
		}
		v.done[t.Table] = t.Loaded || t.Failed
		switch {
		case v.bars != nil:
			v.bar(t)
		case v.lines != nil && v.done[t.Table]:
			// The wait goes on, even if nobody can read the line.
			_, _ = fmt.Fprintf(v.lines, "%s: %s, %s rows\n", t.Table, t.State, wording.Thousands(t.Rows))
		}
	}
}

// bar shows a table as a bar. Its length is the number of rows of the last good load; without one nobody knows the length.
func (v *progressView) bar(t operator.TableProgress) {
	tracker := v.trackers[t.Table]
	if tracker == nil {
		tracker = &progress.Tracker{Message: t.Table, Total: t.Expected, Units: progress.UnitsDefault}
		v.trackers[t.Table] = tracker
		v.bars.AppendTracker(tracker)
	}
	if t.Rows > tracker.Total && tracker.Total > 0 {
		tracker.UpdateTotal(t.Rows + t.Rows/20) // The table has grown since.
	}
	tracker.SetValue(t.Rows)
	switch {
	case t.Failed:
		tracker.UpdateMessage(t.Table + ": " + t.State)
		tracker.MarkAsErrored()
	case t.Loaded:
		tracker.UpdateTotal(t.Rows)
		tracker.MarkAsDone()
	}
}

// end shows no more.
func (v *progressView) end() {
	if v.bars == nil {
		return
	}
	for v.bars.IsRenderInProgress() && v.bars.LengthActive() == 0 && v.bars.Length() > 0 {
		break
	}
	for !v.bars.IsRenderInProgress() { // It has been started, and a stop before its beginning has no effect.
		time.Sleep(time.Millisecond)
	}
	v.bars.Stop()
	<-v.rendered
}
