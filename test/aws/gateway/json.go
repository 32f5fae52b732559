package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Operation is one operation of a JSON service: it takes the request's body and returns the answer.
type Operation func(ctx context.Context, body []byte) (any, error)

// Op makes an Operation from a function. It refuses a request member that In does not have, by name, so that no member
// is silently ignored.
func Op[In, Out any](f func(context.Context, In) (Out, error)) Operation {
	return func(ctx context.Context, body []byte) (any, error) {
		var in In
		if err := DecodeJSON(body, &in); err != nil {
			return nil, err
		}
		return f(ctx, in)
	}
}

// DecodeJSON reads body into in. It fails if body has a member that in does not have.
func DecodeJSON(body []byte, in any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil {
		return Errorf("SerializationException", "the embedded AWS does not take this request: %v", err)
	}
	return nil
}

// JSON serves the awsJson protocols. The operation is the last part of the header X-Amz-Target.
func JSON(service string, operations map[string]Operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.Header.Get("X-Amz-Target")
		name := target[strings.LastIndexByte(target, '.')+1:]
		SetOperation(r.Context(), name)
		operation, ok := operations[name]
		if !ok {
			WriteError(w, r, NotImplemented(service+":"+name))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			WriteError(w, r, fmt.Errorf("read %s:%s: %w", service, name, err))
			return
		}
		if err := authorizeCall(r.Context(), Input{Body: body}); err != nil {
			WriteError(w, r, err)
			return
		}
		out, err := operation(r.Context(), body)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		WriteJSON(w, contentType(r), out)
	})
}

// WriteJSON answers with status 200 and out.
func WriteJSON(w http.ResponseWriter, contentType string, out any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-RequestId", requestID())
	w.WriteHeader(http.StatusOK)
	// A write fails only when the caller is gone: no caller is left to receive the error.
	_ = json.NewEncoder(w).Encode(out)
}

// Empty is the answer of an operation without output.
type Empty struct{}

// Time is a time stamp in the format of the awsJson protocols: seconds since the epoch, with a fraction.
type Time struct{ time.Time }

// At wraps t for an answer. It returns nil for the zero time, which AWS omits.
func At(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// MarshalJSON writes epoch seconds to the millisecond.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(t.UnixMilli())/1000, 'f', 3, 64), nil
}

// UnmarshalJSON reads epoch seconds.
func (t *Time) UnmarshalJSON(b []byte) error {
	seconds, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return fmt.Errorf("time stamp %s: want seconds since the epoch", b)
	}
	t.Time = time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
	return nil
}
