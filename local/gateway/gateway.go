// Package gateway is the front door of the embedded AWS: it finds out which service a request is for and who sends it,
// takes the wire protocol off, and hands the call to the service. What no service answers is refused by name.
package gateway

import (
	"context"
	"net/http"
	"regexp"
	"sync"
)

// Gateway routes requests to services by the service name in their signature.
type Gateway struct {
	principals Principals

	mu        sync.RWMutex
	services  map[string]http.Handler
	observers []func(Call)
}

// Call is one API call that was answered, as an audit log sees it.
type Call struct {
	Service   string // the signing name: "dms", "states"
	Operation string // "CreateReplicationTask"; empty when the service does not say
	Principal Principal
	// Trace is the X-Ray root that the call belongs to, as Lambda hands it on: one root for one state machine execution.
	Trace  string
	Status int // HTTP status of the answer; 0 when the service panicked before it gave one
}

// New makes a gateway without services.
func New(principals Principals) *Gateway {
	return &Gateway{principals: principals, services: map[string]http.Handler{}}
}

// Handle gives all requests signed for a service to h, whose context then carries the principal.
func (g *Gateway) Handle(service string, h http.Handler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.services[service] = h
}

// Observe has f told of every call once it is answered.
func (g *Gateway) Observe(f func(Call)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.observers = append(g.observers, f)
}

// Both the header and a presigned query carry KEY/DATE/REGION/SERVICE/aws4_request.
var credentialScope = regexp.MustCompile(`^([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request$`)

var (
	authorizationCredential = regexp.MustCompile(`Credential=([^,\s]+)`)
	traceRoot               = regexp.MustCompile(`Root=([^;]+)`)
)

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if m := authorizationCredential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		credential = m[1]
	}
	scope := credentialScope.FindStringSubmatch(credential)
	if scope == nil {
		WriteError(w, r, &Error{
			Code: "MissingAuthenticationToken", Status: http.StatusForbidden,
			Message: "the embedded AWS cannot tell which service " + r.Method + " " + r.URL.Path + " is for: the request is not signed",
		})
		return
	}
	service := scope[3]
	call := &Call{Service: service}
	if m := traceRoot.FindStringSubmatch(r.Header.Get("X-Amzn-Trace-Id")); m != nil {
		call.Trace = m[1]
	}
	answer := &statusRecorder{ResponseWriter: w}
	defer func() {
		call.Status = answer.status
		g.mu.RLock()
		defer g.mu.RUnlock()
		for _, observe := range g.observers {
			observe(*call)
		}
	}()

	principal, err := g.principals.Principal(scope[1])
	if err != nil {
		WriteError(answer, r, err)
		return
	}
	call.Principal = principal
	g.mu.RLock()
	handler := g.services[service]
	g.mu.RUnlock()
	if handler == nil {
		WriteError(answer, r, &Error{
			Code: "UnknownOperationException", Status: http.StatusBadRequest,
			Message: "the embedded AWS has no service " + service + " (" + operationHint(r) + ")",
		})
		return
	}
	ctx := context.WithValue(WithPrincipal(r.Context(), principal), callKey{}, call)
	handler.ServeHTTP(answer, r.WithContext(ctx))
	if answer.status == 0 {
		answer.status = http.StatusOK // what a server sends for a handler that wrote nothing
	}
}

type callKey struct{}

// SetOperation names the operation of the request in ctx for the audit log; services of their own protocol call it.
func SetOperation(ctx context.Context, operation string) {
	if call, ok := ctx.Value(callKey{}).(*Call); ok {
		call.Operation = operation
	}
}

// TraceFrom is the X-Ray root of the request in ctx, empty when it has none.
func TraceFrom(ctx context.Context) string {
	if call, ok := ctx.Value(callKey{}).(*Call); ok {
		return call.Trace
	}
	return ""
}

func operationHint(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target
	}
	return r.Method + " " + r.URL.Path
}

// statusRecorder remembers the status of an answer for the audit log.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the real writer.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
