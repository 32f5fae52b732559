package gateway

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
)

// Config is an SDK configuration whose requests reach this gateway without a socket. Its host is an IP address so that
// S3 clients use path-style addresses.
func (g *Gateway) Config(region string, credentials aws.CredentialsProvider) aws.Config {
	return aws.Config{
		Region:       region,
		Credentials:  credentials,
		BaseEndpoint: aws.String("http://127.0.0.1"),
		HTTPClient:   &http.Client{Transport: transport{g}},
		APIOptions:   []func(*middleware.Stack) error{g.signatures.sign(credentials)},
	}
}

// transport answers requests by calling a handler directly. It streams the body. Tests therefore need no sockets, and
// testing/synctest controls the time.
type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.WithContext(r.Context())
	served.Header = maps.Clone(r.Header)
	if served.Body == nil {
		served.Body = http.NoBody
	}
	if r.ContentLength > 0 {
		served.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10)) // as in a request that a server receives
	}
	served.RequestURI = r.URL.RequestURI()
	served.Host = r.Host
	if served.Host == "" {
		served.Host = r.URL.Host
	}
	body, writer := io.Pipe()
	answer := &pipedAnswer{header: http.Header{}, body: writer, committed: make(chan struct{})}
	go func() {
		StackForServing()
		defer func() {
			_ = served.Body.Close()
			if p := recover(); p == http.ErrAbortHandler {
				answer.cut()
				writer.CloseWithError(io.ErrUnexpectedEOF)
				return
			} else if p != nil {
				answer.WriteHeader(http.StatusInternalServerError)
				writer.CloseWithError(fmt.Errorf("%s %s: panic: %v", r.Method, r.URL.Path, p))
				return
			}
			answer.WriteHeader(http.StatusOK)
			writer.Close()
		}()
		t.handler.ServeHTTP(answer, served)
	}()
	select {
	case <-answer.committed:
	case <-r.Context().Done():
		body.CloseWithError(errors.New("the caller stopped reading the answer"))
		return nil, r.Context().Err()
	}
	if answer.isCut {
		return nil, errCut
	}
	length := int64(-1)
	if declared, err := strconv.ParseInt(answer.sent.Get("Content-Length"), 10, 64); err == nil {
		length = declared
	}
	return &http.Response{
		Status: http.StatusText(answer.status), StatusCode: answer.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.sent, Body: body, ContentLength: length, Request: r,
	}, nil
}

type pipedAnswer struct {
	header, sent http.Header
	body         *io.PipeWriter
	status       int
	isCut        bool
	once         sync.Once
	committed    chan struct{}
}

func (a *pipedAnswer) Header() http.Header { return a.header }

func (a *pipedAnswer) WriteHeader(status int) {
	a.once.Do(func() {
		a.status = status
		a.sent = maps.Clone(a.header) // A shallow copy is enough: http.Header.Set stores a new slice.
		close(a.committed)
	})
}

func (a *pipedAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// cut ends an answer that has not started.
func (a *pipedAnswer) cut() {
	a.once.Do(func() {
		a.isCut = true
		close(a.committed)
	})
}
