package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

func (s *Service) routes() http.Handler {
	return gateway.REST("lambda", map[string]gateway.Route{
		"POST /2015-03-31/functions/{name}/invocations": {Operation: "Invoke", Query: []string{"Qualifier"}, Write: s.invoke},
	})
}

// functionName returns the function name of a request. The request has a name, an ARN or ACCOUNT:function:NAME, each
// with or without :$LATEST.
func (s *Service) functionName(r *http.Request) (string, error) {
	given := r.PathValue("name")
	name, qualifier := given, r.URL.Query().Get("Qualifier")
	switch parts := strings.Split(given, ":"); {
	case len(parts) == 1:
	case len(parts) == 2:
		name, qualifier = parts[0], parts[1]
	case parts[0] == "arn" && len(parts) >= 7:
		name = parts[6]
		if len(parts) == 8 {
			qualifier = parts[7]
		}
	case len(parts) >= 3 && parts[1] == "function":
		name = parts[2]
		if len(parts) == 4 {
			qualifier = parts[3]
		}
	}
	if qualifier != "" && qualifier != "$LATEST" {
		return "", &gateway.Error{
			Code: "ResourceNotFoundException", Status: http.StatusNotFound,
			Message: "Function not found: " + s.account.ARN("lambda", "function:"+name+":"+qualifier) +
				" (the embedded AWS has no versions and aliases)",
		}
	}
	return name, nil
}

// invoke serves the operation Invoke.
func (s *Service) invoke(w http.ResponseWriter, r *http.Request) error {
	err := s.answerInvoke(w, r)
	var t *throttled
	if errors.As(err, &t) {
		writeThrottled(w, t)
		return nil
	}
	return err
}

func (s *Service) answerInvoke(w http.ResponseWriter, r *http.Request) error {
	name, err := s.functionName(r)
	if err != nil {
		return err
	}
	if r.Header.Get("X-Amz-Client-Context") != "" {
		return gateway.NotImplemented("lambda:Invoke with ClientContext")
	}
	kind := r.Header.Get("X-Amz-Invocation-Type")
	payload, err := readPayload(r, kind)
	if err != nil {
		return err
	}
	d, err := s.current(name)
	if err != nil {
		return err
	}
	inv := invocation{requestID: newRequestID(), payload: payload, trace: r.Header.Get("X-Amzn-Trace-Id")}
	if inv.trace == "" {
		inv.trace = newTrace(d.activeTracing)
	}
	h := w.Header()
	h.Set("X-Amzn-RequestId", inv.requestID)
	h.Set("X-Amz-Executed-Version", "$LATEST")
	switch kind {
	case "", "RequestResponse":
		return s.answerSync(w, r, name, inv)
	case "Event":
		if err := s.queue(name, inv); err != nil {
			return err
		}
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	default:
		return invalid("invocation type %q is not RequestResponse, Event or DryRun", kind)
	}
	return nil
}

func (s *Service) answerSync(w http.ResponseWriter, r *http.Request, name string, inv invocation) error {
	answer, err := s.run(name, inv)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if answer.failed {
		h.Set("X-Amz-Function-Error", "Unhandled")
	}
	if r.Header.Get("X-Amz-Log-Type") == "Tail" {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(answer.tail))
	}
	w.WriteHeader(http.StatusOK)
	// A write error means that the client has closed the connection: nobody receives an error.
	_, _ = w.Write(answer.payload)
	return nil
}

func readPayload(r *http.Request, kind string) ([]byte, error) {
	limit := int64(maxRequest)
	if kind == "Event" {
		limit = maxEvent
	}
	payload, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	if int64(len(payload)) > limit {
		return nil, &gateway.Error{
			Code: "RequestEntityTooLargeException", Status: http.StatusRequestEntityTooLarge,
			Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit),
		}
	}
	if len(payload) == 0 {
		return []byte("{}"), nil
	}
	if json.Valid(payload) {
		return payload, nil
	}
	var anything json.RawMessage
	err = json.Unmarshal(payload, &anything)
	return nil, gateway.Errorf("InvalidRequestContentException", "Could not parse request body into json: %v", err)
}

// current returns the deployed state of a function.
func (s *Service) current(name string) (*deployed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return f.current, nil
}

// writeThrottled writes a TooManyRequestsException. It has fields that other errors do not have, such as Reason.
func writeThrottled(w http.ResponseWriter, t *throttled) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-ErrorType", "TooManyRequestsException")
	w.WriteHeader(http.StatusTooManyRequests)
	_ = json.NewEncoder(w).Encode(map[string]string{"Reason": t.reason, "Type": "User", "message": "Rate Exceeded."})
}
