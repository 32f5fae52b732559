package lambda

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"
)

// tailSize is the size of the log that LogType=Tail returns, in bytes.
const tailSize = 4096

// output is the log stream of one environment. It keeps the end of the current invocation's log.
type output struct {
	logs    Logs
	logging logging
	stream  string

	mu    sync.Mutex
	tail  []byte
	muted bool // Lambda may not write the log
}

func newOutput(logs Logs, l logging, environmentID string) *output {
	stream := fmt.Sprintf("%s[$LATEST]%s", time.Now().UTC().Format("2006/01/02/"), environmentID)
	return &output{logs: logs, logging: l, stream: stream}
}

// line writes one line to the log.
func (o *output) line(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.muted {
		o.logs.Put(o.logging.Group, o.stream, text)
	}
	o.tail = append(append(o.tail, text...), '\n')
	if over := len(o.tail) - tailSize; over > 0 {
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
}

// begin clears the tail at the start of an invocation. mayLog says whether Lambda may write the log.
func (o *output) begin(mayLog bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.muted = !mayLog
	o.tail = o.tail[:0]
}

// last returns the tail of the current invocation.
func (o *output) last() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]byte(nil), o.tail...)
}

// started writes the line that Lambda writes before an invocation.
func (o *output) started(requestID string) {
	if o.logging.Format == formatText {
		o.line("START RequestId: " + requestID + " Version: $LATEST")
		return
	}
	o.platform("platform.start", map[string]any{"requestId": requestID, "version": "$LATEST"})
}

// report is what Lambda logs after an invocation.
type report struct {
	requestID      string
	duration, init time.Duration // init is 0 for a warm environment
	memoryMB       int
	outcome        outcome
}

// ended writes the lines that Lambda writes after an invocation.
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
		return // the start and report lines have level INFO
	}
	b, err := json.Marshal(map[string]any{
		"time": time.Now().UTC().Format(logTime), "type": kind, "record": record,
	})
	if err != nil {
		panic(err) // marshalling strings and numbers never fails
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
