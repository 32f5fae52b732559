package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// The names of Smithy RPC v2 CBOR on the wire. Source:
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
const (
	rpcHeader     = "Smithy-Protocol"
	rpcCBOR       = "rpc-v2-cbor"
	cborMediaType = "application/cbor"
)

// SpeaksCBOR says whether a request, and so its answer, is in Smithy RPC v2 CBOR.
func SpeaksCBOR(r *http.Request) bool { return r.Header.Get(rpcHeader) == rpcCBOR }

// CBOR serves Smithy RPC v2 CBOR, whose operation is the last part of /service/SERVICE/operation/OPERATION. Operations
// are those of the awsJson protocols: CBOR's members, numbers and time stamps are handed to them as JSON has them.
func CBOR(service string, operations map[string]Operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
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
		if body, err = jsonOfCBOR(body); err != nil {
			WriteError(w, r, Errorf("SerializationException", "the embedded AWS cannot read this request: %v", err))
			return
		}
		out, err := operation(r.Context(), body)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		answer, err := cborForm.Marshal(out)
		if err != nil {
			WriteError(w, r, fmt.Errorf("write answer of %s:%s: %w", service, name, err))
			return
		}
		writeCBOR(w, http.StatusOK, answer)
	})
}

// writeCBORError answers with e, also as the older clients of a service that once spoke awsQuery know it.
func writeCBORError(w http.ResponseWriter, r *http.Request, e *Error) {
	fault := "Sender"
	if e.status() >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	if r.Header.Get("X-Amzn-Query-Mode") == "true" {
		w.Header().Set("X-Amzn-Query-Error", e.Code+";"+fault)
	}
	// Two strings can always be written.
	body, _ := cborForm.Marshal(map[string]string{"__type": e.Code, "message": e.Message})
	writeCBOR(w, e.status(), body)
}

func writeCBOR(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set(rpcHeader, rpcCBOR)
	w.Header().Set("Content-Type", cborMediaType)
	w.Header().Set("X-Amzn-RequestId", requestID())
	w.WriteHeader(status)
	// The writer is gone only when the caller is: nobody is left to tell.
	_, _ = w.Write(body)
}

// MarshalCBOR writes epoch seconds to the millisecond, tagged as a time.
func (t Time) MarshalCBOR() ([]byte, error) {
	return cborForm.Marshal(cbor.Tag{Number: 1, Content: float64(t.UnixMilli()) / 1000})
}

// The options are constant, so that neither mode can fail to be made.
var (
	cborForm, _  = cbor.EncOptions{}.EncMode()
	cborInput, _ = cbor.DecOptions{
		DefaultMapType: reflect.TypeFor[map[string]any](), DupMapKey: cbor.DupMapKeyEnforcedAPF,
	}.DecMode()
)

// jsonOfCBOR writes a request in JSON. Nothing of it is left out, so that a strict operation can refuse what it does
// not know by name.
func jsonOfCBOR(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	var in any
	if err := cborInput.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	return json.Marshal(plain(in))
}

// plain puts a Time in the place of every time stamp.
func plain(v any) any {
	switch v := v.(type) {
	case time.Time:
		return Time{v.Round(time.Millisecond)} // which a fraction in binary seldom is
	case map[string]any:
		for name, member := range v {
			v[name] = plain(member)
		}
	case []any:
		for i, member := range v {
			v[i] = plain(member)
		}
	}
	return v
}
