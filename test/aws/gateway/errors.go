package gateway

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is an error with AWS's code and message.
type Error struct {
	Code    string // "ResourceNotFoundFault"
	Message string
	Status  int // HTTP status; 0 means 400
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func (e *Error) status() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// Errorf returns an Error with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// NotImplemented is the error for an operation, or a part of one, that the embedded AWS does not have. It names the
// operation.
func NotImplemented(what string) *Error {
	return Errorf("UnknownOperationException", "the embedded AWS does not implement %s", what)
}

// WriteError answers r with err in the protocol of r. An error that is not an *Error is a defect of the embedded AWS
// and becomes a 500 InternalFailure.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	storage := scopeOf(r).service == "s3"
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
		if storage {
			e.Code = "InternalError"
		}
	}
	if storage {
		writeStorageError(w, r, e)
		return
	}
	if SpeaksCBOR(r) {
		writeCBORError(w, r, e)
		return
	}
	status := e.status()
	w.Header().Set("X-Amzn-ErrorType", e.Code)
	if speaksXML(r) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		// A write fails only when the caller is gone: no caller is left to receive the error.
		_ = xml.NewEncoder(w).Encode(queryError{
			Error: queryErrorDetail{Type: "Sender", Code: e.Code, Message: e.Message}, RequestID: requestID(),
		})
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", contentType(r))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "message": e.Message})
}

// writeStorageError answers in S3's own XML format.
func writeStorageError(w http.ResponseWriter, r *http.Request, e *Error) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.status())
	if r.Method == http.MethodHead {
		return
	}
	// A write fails only when the caller is gone: no caller is left to receive the error.
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: e.Code, Message: e.Message})
}

type queryError struct {
	XMLName   xml.Name         `xml:"ErrorResponse"`
	Error     queryErrorDetail `xml:"Error"`
	RequestID string           `xml:"RequestId"`
}

type queryErrorDetail struct {
	Type    string `xml:"Type"`
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
}

func speaksXML(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

func contentType(r *http.Request) string {
	if ct := r.Header.Get("Content-Type"); strings.HasPrefix(ct, "application/x-amz-json") {
		return ct
	}
	return "application/json"
}
