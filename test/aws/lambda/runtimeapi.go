package lambda

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxResponse is the largest answer of a function, in bytes: 6 MB and a little for the envelope.
const maxResponse = 6291556

// runtimeAPI serves the Runtime API (version 2018-06-01) of one environment on a port of its own, so that no other
// function can take its invocations. Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	server   *http.Server
	listener net.Listener
	arn      string

	asks      chan chan<- delivery // one per GET .../next that waits
	answers   chan answer          // the answer to the delivered invocation
	initError chan []byte          // the body of POST /runtime/init/error
	closed    chan struct{}

	mu      sync.Mutex
	current string // the request id that has no answer yet; empty when none
}

// delivery is an invocation with the moment at which it is cut off.
type delivery struct {
	invocation
	deadline time.Time
}

// answer is what a function posted.
type answer struct {
	payload []byte
	failed  bool
}

func newRuntimeAPI(functionARN string) (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Runtime API: %w", err)
	}
	a := &runtimeAPI{
		listener: listener, arn: functionARN,
		asks: make(chan chan<- delivery), answers: make(chan answer, 1), initError: make(chan []byte, 1),
		closed: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.initFailure)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		// Serve ends with an error only when the listener closes, which is what close does.
		_ = a.server.Serve(listener)
	}()
	return a, nil
}

func (a *runtimeAPI) address() string { return a.listener.Addr().String() }

func (a *runtimeAPI) close() {
	close(a.closed)
	// The process is gone: there is nobody whose connection could fail.
	_ = a.server.Close()
}

// deliver hands an invocation to a waiting request.
func (a *runtimeAPI) deliver(ask chan<- delivery, d delivery) {
	a.mu.Lock()
	a.current = d.requestID
	a.mu.Unlock()
	ask <- d
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	reply := make(chan delivery, 1)
	select {
	case a.asks <- reply:
	case <-r.Context().Done():
		return
	case <-a.closed:
		return
	}
	select {
	case d := <-reply:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", d.requestID)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(d.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", a.arn)
		h.Set("Lambda-Runtime-Trace-Id", d.trace)
		// A process that dies before it has read this is noticed by its exit.
		_, _ = w.Write(d.payload)
	case <-r.Context().Done():
	case <-a.closed:
	}
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)
		a.answer(w, r, answer{functionError{"Function.ResponseSizeTooLarge", message}.payload(), true},
			http.StatusRequestEntityTooLarge)
		return
	}
	// A runtime that streams its response says in the trailer that it failed half-way.
	if errorType := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); errorType != "" {
		described, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		if err != nil || len(described) == 0 {
			described = functionError{errorType, ""}.payload()
		}
		a.answer(w, r, answer{described, true}, http.StatusAccepted)
		return
	}
	a.answer(w, r, answer{body, false}, http.StatusAccepted)
}

func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		runtimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", err.Error())
		return
	}
	a.answer(w, r, answer{body, true}, http.StatusAccepted)
}

// answer takes the first answer to the current invocation and refuses every other.
func (a *runtimeAPI) answer(w http.ResponseWriter, r *http.Request, ans answer, status int) {
	id := r.PathValue("id")
	a.mu.Lock()
	current := a.current == id
	if current {
		a.current = ""
	}
	a.mu.Unlock()
	if !current {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID: "+id)
		return
	}
	if status == http.StatusAccepted {
		runtimeOK(w)
	} else {
		runtimeError(w, status, "RequestEntityTooLarge", "the response is too large")
	}
	a.answers <- ans
}

func (a *runtimeAPI) initFailure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		runtimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", err.Error())
		return
	}
	if len(body) == 0 {
		body = functionError{r.Header.Get("Lambda-Runtime-Function-Error-Type"), ""}.payload()
	}
	select {
	case a.initError <- body:
		runtimeOK(w)
	default:
		runtimeError(w, http.StatusForbidden, "InvalidStateTransition", "the init error was already reported")
	}
}

func runtimeOK(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func runtimeError(w http.ResponseWriter, status int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"errorType": errorType, "errorMessage": message})
}
