package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/wording"
)

// height is the height of a chart, in units.
const height = 100

// mostColumns is how many columns a chart has. More runs are drawn together.
const mostColumns = 180

// column is a run in a chart: how long it took and what it loaded, as heights.
type column struct {
	X, W, Y, H int
	Class      string
}

// runChart is how long the runs of a job took, and how many rows they loaded.
type runChart struct {
	Job, Text, Note string
	Times, Rows     []column
	MostTime        string // the greatest value of Times
	MostRows        string
	Median          int // its height; -1 for none
	MedianText      string
	Days            []tick
	Last            []runRow // the newest first
}

// runRow is a run in a table.
type runRow struct{ Started, Class, Outcome, Took, Rows, Size, Reason string }

// lastRuns is how many runs the table of a chart has.
const lastRuns = 10

// runCharts are the charts of the jobs that load.
func runCharts(h operator.History, z zones) (all []runChart) {
	for _, j := range h.Jobs {
		if j.Type.Continuous() {
			continue
		}
		var runs []operator.PastRun
		for _, r := range j.Runs {
			if !r.Nothing {
				runs = append(runs, r)
			}
		}
		if len(runs) > 0 {
			all = append(all, newRunChart(h, j.Job, runs, z.of(j.Job)))
		}
	}
	return all
}

func newRunChart(h operator.History, job string, runs []operator.PastRun, zone *time.Location) runChart {
	c := runChart{Job: job, Days: days(h, zone), Median: -1}
	slowest, most, fine := 0.0, int64(0), 0
	var usual []float64 // what whole runs took, but for the last
	for i, r := range runs {
		slowest, most = max(slowest, r.Seconds), max(most, r.Rows)
		if r.Succeeded() {
			fine++
			if !r.Part && i < len(runs)-1 {
				usual = append(usual, r.Seconds)
			}
		}
	}
	c.MostTime, c.MostRows = wording.Seconds(slowest), wording.Thousands(most)
	c.Times, c.Rows = columns(h, runs, slowest, most)
	last := runs[len(runs)-1]
	c.Text = fmt.Sprintf("%s, %d good. The last took %s and loaded %s rows.", wording.Counted(len(runs), "run"), fine,
		wording.Seconds(last.Seconds), wording.Thousands(last.Rows))
	if len(usual) >= leastUsual {
		slices.Sort(usual)
		median := usual[len(usual)/2]
		c.MedianText = "usual: " + wording.Seconds(median)
		if slowest > 0 {
			c.Median = height - int(height*median/slowest)
		}
		if factor := last.Seconds / max(median, 1); !last.Part && factor >= unusual {
			c.Note = fmt.Sprintf("The last run took %s times as long as usual.", wording.Tenths(factor))
		}
	}
	for _, r := range slices.Backward(runs[max(0, len(runs)-lastRuns):]) {
		row := runRow{
			moment(r.StartedAt, zone), classOf(r.Outcome), outcomeText(r.Outcome), wording.Seconds(r.Seconds), wording.Thousands(r.Rows),
			wording.Size(r.Bytes), wording.Shortened(r.Reason, longestText),
		}
		if r.Part {
			row.Outcome += ", some tables"
		}
		c.Last = append(c.Last, row)
	}
	return c
}

// leastUsual is how many good runs say what is usual, and unusual how many times as long a run takes that is not.
const (
	leastUsual = 4
	unusual    = 1.5
)

// columns are the runs as heights. Where there are more runs than columns, a column is the slowest run of its time, with the worst
// outcome.
func columns(h operator.History, runs []operator.PastRun, slowest float64, most int64) (times, rows []column) {
	type place struct {
		seconds float64
		rows    int64
		class   string
	}
	places := map[int]place{}
	width := max(4, units/mostColumns)
	if d := units / (h.Days * 2); len(runs) <= 2*h.Days && d > width {
		width = min(d, units/20)
	}
	total := h.Status.At.Sub(h.From)
	for _, r := range runs {
		x := min(max(0, int(float64(units)*float64(r.StartedAt.Sub(h.From))/float64(total))), units-width)
		if len(runs) > mostColumns {
			x = x / width * width
		}
		p, known := places[x]
		if !known {
			p.class = good
		}
		places[x] = place{max(p.seconds, r.Seconds), max(p.rows, r.Rows), worse(p.class, classOf(r.Outcome))}
	}
	xs := make([]int, 0, len(places))
	for x := range places {
		xs = append(xs, x)
	}
	slices.Sort(xs)
	for _, x := range xs {
		p := places[x]
		tall := max(2, int(height*p.seconds/max(slowest, 1e-9)))
		times = append(times, column{x, width, height - tall, tall, p.class})
		if p.rows > 0 {
			tall = max(2, int(height*float64(p.rows)/float64(most)))
			rows = append(rows, column{x, width, height - tall, tall, "rows"})
		}
	}
	return times, rows
}

// mostDays is how many days an axis names.
const mostDays = 8

// days are the midnights of an axis of the whole history; its hours, if that is a day.
func days(h operator.History, zone *time.Location) (all []tick) {
	from, total := h.From.In(zone), h.Status.At.Sub(h.From)
	format, step := "Mon 2", (h.Days+mostDays-1)/mostDays
	if h.Days > mostDays {
		format = "2 Jan"
	}
	at := time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, zone)
	next := func() { at = time.Date(at.Year(), at.Month(), at.Day()+step, 0, 0, 0, 0, zone) }
	if h.Days == 1 {
		format = "15:04"
		at = wholeStep(h.From, 6*time.Hour, zone).Add(6 * time.Hour)
		next = func() { at = at.Add(6 * time.Hour) }
	}
	for ; at.Before(h.Status.At); next() {
		left := 100 * float64(at.Sub(h.From)) / float64(total)
		all = append(all, tick{float64(int(left*10)) / 10, at.Format(format)})
	}
	return all
}

// lagChart is how far a job that follows changes was behind its source.
type lagChart struct {
	Job, Text, Note string
	Line, Area      string // paths
	Most            string // the value at the top
	Alarm           int    // the height of the alarm's limit; -1 for none
	Days            []tick
}

// lagCharts are the charts of the jobs that follow changes.
func lagCharts(h operator.History, z zones) (all []lagChart) {
	for _, j := range h.Jobs {
		if j.Type.Continuous() {
			all = append(all, newLagChart(h, j, z.of(j.Job)))
		}
	}
	return all
}

func newLagChart(h operator.History, j operator.JobHistory, zone *time.Location) lagChart {
	c := lagChart{Job: j.Job, Days: days(h, zone), Alarm: -1}
	if len(j.Lag) == 0 {
		c.Text = "Neither a run nor CloudWatch has a value: its task has not run in these days."
		return c
	}
	period := time.Duration(j.LagPeriod) * time.Second
	worst, measured := j.Lag[0], 0
	for _, l := range j.Lag {
		if l.Seconds > worst.Seconds {
			worst = l
		}
		if l.Measured {
			measured++
		}
	}
	scale := max(worst.Seconds, 1)
	limit := float64(j.BatchSeconds) + contract.LatencyMargin.Seconds()
	if j.BatchSeconds > 0 && worst.Seconds > limit/2 {
		scale = max(scale, limit)
		c.Alarm = height - int(height*limit/scale)
	}
	c.Most = wording.Seconds(scale)
	last := j.Lag[len(j.Lag)-1]
	c.Text = "Never a second behind."
	if worst.Seconds >= 1 {
		c.Text = fmt.Sprintf("%s behind at last; at most %s, on %s.", wording.Seconds(last.Seconds), wording.Seconds(worst.Seconds), moment(worst.At, zone))
	}
	if j.BatchSeconds > 0 {
		c.Text += " Its alarm fires above " + wording.Seconds(limit) + "."
	}
	c.Note = fmt.Sprintf("Each value is the greatest of %s.", wording.Span(period))
	if measured > 0 {
		c.Note += fmt.Sprintf(" %d of %d are CloudWatch's, of times in which no run has recorded one.", measured, len(j.Lag))
	}
	if lacking := missing(h, j, period); lacking > 0 {
		c.Note += fmt.Sprintf(" %s without a value: the task did not run, or had just started.", wording.Span(time.Duration(lacking)*period))
	}
	c.Line, c.Area = paths(h, j.Lag, period, scale)
	return c
}

// missing is how many periods between the first and the last value have none.
func missing(h operator.History, j operator.JobHistory, period time.Duration) int {
	all := int(cmp.Or(j.Lag[len(j.Lag)-1].At.Sub(j.Lag[0].At), period)/period) + 1
	return max(0, all-len(j.Lag))
}

// paths draw values as steps, each as long as a period, with gaps where there are none.
func paths(h operator.History, lag []operator.Lag, period time.Duration, scale float64) (line, area string) {
	total := float64(h.Status.At.Sub(h.From))
	x := func(t time.Time) int { return min(max(0, int(units*float64(t.Sub(h.From))/total)), units) }
	var l, a strings.Builder
	for i, v := range lag {
		y := height - int(height*min(v.Seconds, scale)/scale)
		joined := i > 0 && lag[i-1].At.Add(period).Equal(v.At)
		ends := i == len(lag)-1 || !v.At.Add(period).Equal(lag[i+1].At)
		if !joined {
			fmt.Fprintf(&l, "M%d %d", x(v.At), y)
			fmt.Fprintf(&a, "M%d %dV%d", x(v.At), height, y)
		} else {
			fmt.Fprintf(&l, "V%d", y)
			fmt.Fprintf(&a, "V%d", y)
		}
		fmt.Fprintf(&l, "H%d", x(v.At.Add(period)))
		fmt.Fprintf(&a, "H%d", x(v.At.Add(period)))
		if ends {
			fmt.Fprintf(&a, "V%dZ", height)
		}
	}
	return l.String(), a.String()
}
