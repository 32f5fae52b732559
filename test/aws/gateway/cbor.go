package gateway

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// The names that Smithy RPC v2 CBOR uses in requests and answers. Source:
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
const (
	rpcHeader     = "Smithy-Protocol"
	rpcCBOR       = "rpc-v2-cbor"
	cborMediaType = "application/cbor"
)

// SpeaksCBOR reports whether a request uses Smithy RPC v2 CBOR. Its answer then uses it too.
func SpeaksCBOR(r *http.Request) bool { return r.Header.Get(rpcHeader) == rpcCBOR }

// CBOR serves Smithy RPC v2 CBOR. The operation is the last part of /service/SERVICE/operation/OPERATION. Operations
// are the same as for the awsJson protocols: CBOR converts members, numbers and time stamps to JSON for them.
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
		if err := authorizeCall(r.Context(), Input{Body: body}); err != nil {
			WriteError(w, r, err)
			return
		}
		out, err := operation(r.Context(), body)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		answer, err := cborOf(reflect.ValueOf(out))
		if err != nil {
			WriteError(w, r, fmt.Errorf("write answer of %s:%s: %w", service, name, err))
			return
		}
		writeCBOR(w, http.StatusOK, answer)
	})
}

// writeCBORError answers with e. It adds the header that older clients read if the service once used awsQuery.
func writeCBORError(w http.ResponseWriter, r *http.Request, e *Error) {
	fault := "Sender"
	if e.status() >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	if r.Header.Get("X-Amzn-Query-Mode") == "true" {
		w.Header().Set("X-Amzn-Query-Error", e.Code+";"+fault)
	}
	writeCBOR(w, e.status(), cbor.Map{"__type": cbor.String(e.Code), "message": cbor.String(e.Message)})
}

func writeCBOR(w http.ResponseWriter, status int, body cbor.Value) {
	w.Header().Set(rpcHeader, rpcCBOR)
	w.Header().Set("Content-Type", cborMediaType)
	w.Header().Set("X-Amzn-RequestId", requestID())
	w.WriteHeader(status)
	// A write fails only when the caller is gone: no caller is left to receive the error.
	_, _ = w.Write(cbor.Encode(body))
}
