package gateway

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Route is one operation of a REST service. It has either an Answer or a Write.
type Route struct {
	Operation string
	// Query lists the query parameters that the operation reads. Other parameters are refused by name.
	Query []string
	// Answer returns the answer, which is sent as JSON.
	Answer func(*http.Request) (any, error)
	// Write writes the answer itself. An error means that it has not written one.
	Write func(http.ResponseWriter, *http.Request) error
}

// REST serves a restJson protocol. routes maps a pattern of net/http, such as "GET /schedules/{name}", to its Route.
func REST(service string, routes map[string]Route) http.Handler {
	mux := http.NewServeMux()
	for pattern, route := range routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			SetOperation(r.Context(), route.Operation)
			err := authorizeCall(r.Context(), Input{Request: r})
			if err == nil {
				err = route.serve(service, w, r)
			}
			if err != nil {
				WriteError(w, r, err)
			}
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, NotImplemented(service+": "+r.Method+" "+r.URL.Path))
	})
	return mux
}

func (route *Route) serve(service string, w http.ResponseWriter, r *http.Request) error {
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if !slices.Contains(route.Query, name) && !strings.HasPrefix(name, "X-Amz-") { // the query may contain a signature
			return NotImplemented("the parameter " + name + " of " + service + ":" + route.Operation)
		}
	}
	if route.Write != nil {
		return route.Write(w, r)
	}
	out, err := route.Answer(r)
	if err != nil {
		return err
	}
	WriteJSON(w, "application/json", out)
	return nil
}

// ReadJSON reads the body of a REST request into in. It fails if the body has a member that in does not have.
func ReadJSON(r *http.Request, in any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return DecodeJSON(body, in)
}
