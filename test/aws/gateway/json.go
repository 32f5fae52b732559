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

// Operation is one operation of a JSON service: it takes the request's body and returns what to answer.
type Operation func(ctx context.Context, body []byte) (any, error)

// Op makes an Operation of a function. A member of the request that In does not have is refused by name, so that
// nothing is silently ignored.
func Op[In, Out any](f func(context.Context, In) (Out, error)) Operation {
	return func(ctx context.Context, body []byte) (any, error) {
		var in In
		if err := DecodeJSON(body, &in); err != nil {
			return nil, err
		}
		return f(ctx, in)
	}
}

// DecodeJSON reads body into in, which must have every member that body has.
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

// JSON serves the awsJson protocols, whose operation is the last part of X-Amz-Target.
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
		out, err := operation(r.Context(), body)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		WriteJSON(w, contentType(r), out)
	})
}

// WriteJSON answers 200 with out.
func WriteJSON(w http.ResponseWriter, contentType string, out any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-RequestId", requestID())
	w.WriteHeader(http.StatusOK)
	// The writer is gone only when the caller is: nobody is left to tell.
	_ = json.NewEncoder(w).Encode(out)
}

// Empty is the answer of an operation that has nothing to say.
type Empty struct{}

// Time is a time stamp as the awsJson protocols write it: seconds since the epoch, with a fraction.
type Time struct{ time.Time }

// At wraps t for an answer; nil for the zero time, which AWS leaves out.
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
