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

// maxResponse is the largest response of a function in bytes: 6 MB and 100 bytes.
const maxResponse = 6291556

// runtimeAPI serves the Runtime API (version 2018-06-01) to one environment. Each environment has its own port, so that
// no other function can receive its invocations. Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	server   *http.Server
	listener net.Listener
	arn      string

	requests  chan chan<- delivery // one for each waiting GET .../next
	answers   chan answer          // answer to the current invocation
	initError chan []byte          // body of POST /runtime/init/error
	closed    chan struct{}

	mu      sync.Mutex
	current string // id of the request without an answer; empty when there is none
}

// delivery is an invocation with its deadline.
type delivery struct {
	invocation
	deadline time.Time
}

// answer is the response or the error that a function posted.
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
		requests: make(chan chan<- delivery), answers: make(chan answer, 1), initError: make(chan []byte, 1),
		closed: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.initFailure)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		// Serve returns an error only because close closes the listener.
		_ = a.server.Serve(listener)
	}()
	return a, nil
}

func (a *runtimeAPI) address() string { return a.listener.Addr().String() }

func (a *runtimeAPI) close() {
	close(a.closed)
	// The process has ended: an error has no consequence.
	_ = a.server.Close()
}

// deliver sends an invocation to a waiting request.
func (a *runtimeAPI) deliver(request chan<- delivery, d delivery) {
	a.mu.Lock()
	a.current = d.requestID
	a.mu.Unlock()
	request <- d
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	reply := make(chan delivery, 1)
	select {
	case a.requests <- reply:
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
		// A write error means that the process has ended: its exit reports that.
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
	// A runtime that streams its response reports a later failure in the trailer.
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

// answer accepts the first answer to the current invocation. It returns InvalidRequestID for any other.
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
		runtimeError(w, http.StatusForbidden, "InvalidStateTransition", "the function has already reported an init error")
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
