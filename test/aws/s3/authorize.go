package s3

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Roles decides what roles may do. *iam.Service is one.
type Roles interface {
	Allows(roleARN, action, resource string) (bool, error)
}

// UseRoles makes the policies of roles decide which objects a role may delete. It is the only permission that this package
// enforces. Call it before the first request.
func (s *Service) UseRoles(r Roles) { s.roles = r }

// mayDelete reports whether the sender of a request may delete an object. A user may delete everything.
func (s *Service) mayDelete(r *http.Request, bucketName, key string) (bool, error) {
	p := gateway.PrincipalFrom(r.Context())
	if s.roles == nil || p.Role == "" {
		return true, nil
	}
	return s.roles.Allows(p.Role, "s3:DeleteObject", "arn:aws:s3:::"+bucketName+"/"+key)
}

// authorizeDelete fails with AccessDenied unless the sender of a DeleteObject may delete the object.
func (s *Service) authorizeDelete(r *http.Request, bucketName string) error {
	key := strings.TrimPrefix(r.URL.Path, "/"+bucketName+"/")
	allowed, err := s.mayDelete(r, bucketName, key)
	if err == nil && !allowed {
		err = &gateway.Error{Code: "AccessDenied", Status: http.StatusForbidden, Message: deleteDenied(r)}
	}
	return err
}

func deleteDenied(r *http.Request) string {
	return "User: " + gateway.PrincipalFrom(r.Context()).ARN + " is not authorized to perform: s3:DeleteObject"
}

// serveAllowedDeletes answers a DeleteObjects of which the sender may not delete every object: as in S3, the others are deleted,
// and the answer has an error for each object that is not. served is false for a request that may delete all its objects; its
// body can be read again.
func (s *Service) serveAllowedDeletes(w http.ResponseWriter, r *http.Request, bucketName string) (served bool, err error) {
	if s.roles == nil || gateway.PrincipalFrom(r.Context()).Role == "" {
		return false, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var in gofakes3.DeleteRequest
	if err := xml.Unmarshal(body, &in); err != nil {
		return false, nil // gofakes3 says what is wrong.
	}
	var keys []string
	denied := false
	var out gofakes3.MultiDeleteResult
	for _, o := range in.Objects {
		allowed, err := s.mayDelete(r, bucketName, o.Key)
		if err != nil {
			return false, err
		}
		if allowed {
			keys = append(keys, o.Key)
			continue
		}
		denied = true
		out.Error = append(out.Error, gofakes3.ErrorResult{Key: o.Key, Code: "AccessDenied", Message: deleteDenied(r)})
	}
	if !denied {
		return false, nil
	}
	deleted, err := s.store.DeleteMulti(bucketName, keys...)
	if err != nil {
		return false, err
	}
	out.Error = append(out.Error, deleted.Error...)
	if !in.Quiet {
		out.Deleted = deleted.Deleted
	}
	w.Header().Set("Content-Type", "application/xml")
	return true, xml.NewEncoder(w).Encode(out)
}
