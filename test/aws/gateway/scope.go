package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// credentialScope is the part of a signature that names the signer and the service. The gateway does not check the
// signature: every program that can reach it runs on this machine.
type credentialScope struct{ accessKey, service string }

// scopeOf reads KEY/DATE/REGION/SERVICE/aws4_request from the header or from a presigned query. It returns the zero
// scope if the request is not signed.
func scopeOf(r *http.Request) credentialScope {
	text := ""
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		text = after
		if end := strings.IndexAny(text, ", \t"); end >= 0 {
			text = text[:end]
		}
	} else if strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") {
		text = r.URL.Query().Get("X-Amz-Credential")
	}
	parts := strings.Split(text, "/")
	if len(parts) != 5 || len(parts[1]) != len("20261130") || parts[4] != "aws4_request" || slices.Contains(parts, "") {
		return credentialScope{}
	}
	return credentialScope{accessKey: parts[0], service: parts[3]}
}

// signatures keeps one signature for each key and service. The gateway reads only the scope of a signature, and all
// requests of a key to a service have the same scope.
type signatures struct{ known sync.Map } // by signer

type signer struct{ accessKey, service string }

// sign signs only the first request of a key to a service. Later requests reuse its signature, because signing takes
// longer than most calls. Presigned addresses are always signed.
func (s *signatures) sign(credentials aws.CredentialsProvider) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		const id = "Signing"
		own, signs := stack.Finalize.Get(id)
		if !signs {
			return nil
		}
		_, err := stack.Finalize.Swap(id, middleware.FinalizeMiddlewareFunc(id, func(
			ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
		) (middleware.FinalizeOutput, middleware.Metadata, error) {
			r, ok := in.Request.(*smithyhttp.Request)
			if !ok {
				return own.HandleFinalize(ctx, in, next)
			}
			key, err := credentials.Retrieve(ctx)
			if err != nil {
				return own.HandleFinalize(ctx, in, next) // which reports the missing credentials
			}
			by := signer{key.AccessKeyID, awsmiddleware.GetServiceID(ctx)}
			if known, ok := s.known.Load(by); ok {
				r.Header.Set("Authorization", known.(string))
				return next.HandleFinalize(ctx, in)
			}
			return own.HandleFinalize(ctx, in, middleware.FinalizeHandlerFunc(func(
				ctx context.Context, in middleware.FinalizeInput,
			) (middleware.FinalizeOutput, middleware.Metadata, error) {
				s.known.Store(by, r.Header.Get("Authorization"))
				return next.HandleFinalize(ctx, in)
			}))
		}))
		return err
	}
}
