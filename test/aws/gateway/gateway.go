// Package gateway is the entry point of the embedded AWS. It finds the service and the sender of a request, decodes the
// wire protocol and passes the call to the service. It refuses an unknown service or operation by name.
package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// Gateway routes requests to services by the service name in their signature.
type Gateway struct {
	principals Principals
	closed     chan struct{}
	closeOnce  sync.Once
	signatures signatures // of the clients of Config
	access     authorization

	mu        sync.RWMutex
	services  map[string]http.Handler
	observers []func(Call)
	plan      *plan // nil when no call is disturbed
}

// Call is one API call in the form of an audit log.
type Call struct {
	Service   string // the signing name: "dms", "states"
	Operation string // "CreateReplicationTask"; empty if the service sets none
	Principal Principal
	// Trace is the call's X-Ray root, which Lambda passes on. All calls of one state machine execution have the same
	// root.
	Trace string
	// Status is the HTTP status of the answer. It is 0 if the service panicked, or the gateway closed, before the
	// answer.
	Status int
	Lost   bool // the answer did not reach the caller; see Disturbance
}

// New makes a gateway without services.
func New(principals Principals) *Gateway {
	return &Gateway{principals: principals, services: map[string]http.Handler{}, closed: make(chan struct{})}
}

// Handle passes all requests that are signed for a service to h. The request's context carries the principal.
func (g *Gateway) Handle(service string, h http.Handler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.services[service] = h
}

// Observe makes the gateway call f for every call after it is answered.
func (g *Gateway) Observe(f func(Call)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.observers = append(g.observers, f)
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scope := scopeOf(r)
	if scope == (credentialScope{}) {
		WriteError(w, r, &Error{
			Code: "MissingAuthenticationToken", Status: http.StatusForbidden,
			Message: "the embedded AWS cannot find the service of " + r.Method + " " + r.URL.Path + ": the request is not signed; sign it",
		})
		return
	}
	h := &handling{Call: Call{Service: scope.service}, gateway: g, answer: &answer{ResponseWriter: w}}
	if _, root, ok := strings.Cut(r.Header.Get("X-Amzn-Trace-Id"), "Root="); ok {
		h.Trace, _, _ = strings.Cut(root, ";")
	}
	defer h.observed()

	principal, err := g.principals.Principal(scope.accessKey)
	if err != nil {
		WriteError(h.answer, r, err)
		return
	}
	h.Principal = principal
	g.mu.RLock()
	handler := g.services[h.Service]
	h.plan = g.plan
	g.mu.RUnlock()
	if handler == nil {
		WriteError(h.answer, r, &Error{
			Code: "UnknownOperationException", Status: http.StatusBadRequest,
			Message: "the embedded AWS has no service " + h.Service + " (" + operationHint(r) + ")",
		})
		return
	}
	r = r.WithContext(context.WithValue(WithPrincipal(r.Context(), principal), callKey{}, h))
	if h.plan != nil {
		h.body = &keptBody{ReadCloser: r.Body}
		r.Body = h.body
		defer h.refused(r)
	}
	handler.ServeHTTP(h.answer, r)
	h.finish()
}

// observed reports the call to the observers.
func (h *handling) observed() {
	h.Status = h.answer.status
	h.gateway.mu.RLock()
	defer h.gateway.mu.RUnlock()
	for _, observe := range h.gateway.observers {
		observe(h.Call)
	}
}

type callKey struct{}

// SetOperation names the operation of the request in ctx. A service with its own protocol calls it before it changes
// anything and while it holds no lock: SetOperation applies disturbances, and it panics for a refused call.
func SetOperation(ctx context.Context, operation string) {
	if h, ok := ctx.Value(callKey{}).(*handling); ok {
		h.Operation = operation
		h.disturb(ctx)
	}
}

// TraceFrom returns the X-Ray root of the request in ctx. It is empty if the request has none.
func TraceFrom(ctx context.Context) string {
	if h, ok := ctx.Value(callKey{}).(*handling); ok {
		return h.Trace
	}
	return ""
}

func operationHint(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target
	}
	return r.Method + " " + r.URL.Path
}

// answer keeps its status for the audit log. For a disturbed call it delays or drops the answer.
type answer struct {
	http.ResponseWriter
	status int
	lost   bool
	hold   func() // called before the answer starts; may be nil
}

func (a *answer) WriteHeader(status int) {
	a.begin(status)
	if !a.lost {
		a.ResponseWriter.WriteHeader(status)
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.begin(http.StatusOK)
	if a.lost {
		return len(b), nil
	}
	return a.ResponseWriter.Write(b)
}

// begin sets the status. Only its first call has an effect.
func (a *answer) begin(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	if a.hold != nil {
		a.hold()
	}
}

// Unwrap lets http.ResponseController reach the real writer. It returns nil for an answer that is dropped.
func (a *answer) Unwrap() http.ResponseWriter {
	if a.lost {
		return nil
	}
	return a.ResponseWriter
}
