package lambda

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"
)

// tailSize is how much of the log LogType=Tail returns, in bytes.
const tailSize = 4096

// output is the log stream of one environment. It remembers the tail of the current invocation.
type output struct {
	logs    Logs
	logging logging
	stream  string

	mu   sync.Mutex
	tail []byte
}

func newOutput(logs Logs, l logging, environmentID string) *output {
	stream := fmt.Sprintf("%s[$LATEST]%s", time.Now().UTC().Format("2006/01/02/"), environmentID)
	return &output{logs: logs, logging: l, stream: stream}
}

// line writes one line.
func (o *output) line(text string) {
	o.logs.Put(o.logging.Group, o.stream, text)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(append(o.tail, text...), '\n')
	if over := len(o.tail) - tailSize; over > 0 {
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
}

// begin starts the tail of a new invocation.
func (o *output) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = o.tail[:0]
}

// last is the tail of the current invocation.
func (o *output) last() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]byte(nil), o.tail...)
}

// started writes what Lambda says before an invocation.
func (o *output) started(requestID string) {
	if o.logging.Format == formatText {
		o.line("START RequestId: " + requestID + " Version: $LATEST")
		return
	}
	o.platform("platform.start", map[string]any{"requestId": requestID, "version": "$LATEST"})
}

// report is what Lambda says after an invocation.
type report struct {
	requestID      string
	duration, init time.Duration // init is 0 for an environment that was already warm
	memoryMB       int
	outcome        outcome
}

// ended writes what Lambda says after an invocation.
func (o *output) ended(r report) {
	for _, remark := range r.outcome.remarks {
		o.line(remark)
	}
	if o.logging.Format == formatText {
		o.line("END RequestId: " + r.requestID)
		o.line(r.text())
		return
	}
	o.platform("platform.report", map[string]any{
		"requestId": r.requestID, "status": r.status(), "metrics": r.metrics(),
	})
}

func (o *output) platform(kind string, record map[string]any) {
	if o.logging.SystemLevel == "WARN" {
		return // start and report are lines of level INFO
	}
	b, err := json.Marshal(map[string]any{
		"time": time.Now().UTC().Format(logTime), "type": kind, "record": record,
	})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	o.line(string(b))
}

func (r report) status() string {
	if r.outcome.status != "" {
		return r.outcome.status
	}
	if r.outcome.failed {
		return "error"
	}
	return "success"
}

func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*100) / 100
}

func (r report) metrics() map[string]any {
	m := map[string]any{
		"durationMs": milliseconds(r.duration), "billedDurationMs": math.Ceil(milliseconds(r.duration)),
		"memorySizeMB": r.memoryMB, "maxMemoryUsedMB": r.outcome.peakMB,
	}
	if r.init > 0 {
		m["initDurationMs"] = milliseconds(r.init)
	}
	return m
}

func (r report) text() string {
	ms := milliseconds(r.duration)
	text := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms", r.requestID, ms, math.Ceil(ms))
	text += fmt.Sprintf("\tMemory Size: %d MB\tMax Memory Used: %d MB", r.memoryMB, r.outcome.peakMB)
	if r.init > 0 {
		text += fmt.Sprintf("\tInit Duration: %.2f ms", milliseconds(r.init))
	}
	if r.outcome.status != "" {
		text += "\tStatus: " + r.outcome.status
	}
	return text
}
