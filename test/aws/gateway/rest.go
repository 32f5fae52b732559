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
	// Query are the parameters that the operation reads from the address; others are refused by name.
	Query []string
	// Answer returns what to answer as JSON.
	Answer func(*http.Request) (any, error)
	// Write answers by itself; an error means that it has not.
	Write func(http.ResponseWriter, *http.Request) error
}

// REST serves a restJson protocol. Routes are by pattern, as net/http has them: "GET /schedules/{name}".
func REST(service string, routes map[string]Route) http.Handler {
	mux := http.NewServeMux()
	for pattern, route := range routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			SetOperation(r.Context(), route.Operation)
			if err := route.serve(service, w, r); err != nil {
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
		if !slices.Contains(route.Query, name) && !strings.HasPrefix(name, "X-Amz-") { // a signature may be in the query
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

// ReadJSON reads the body of a REST request into in, which must have every member that the body has.
func ReadJSON(r *http.Request, in any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return DecodeJSON(body, in)
}
