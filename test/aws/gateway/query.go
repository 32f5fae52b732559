package gateway

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// QueryOperation is one operation of an awsQuery service (CloudFormation, STS). It returns a struct that encoding/xml
// writes as the members of <OPERATIONResult>, or nil for an empty result.
type QueryOperation func(ctx context.Context, form url.Values) (any, error)

// Query serves the awsQuery protocol: it reads form fields and answers in XML.
func Query(service, namespace string, operations map[string]QueryOperation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			WriteError(w, r, Errorf("MalformedQueryString", "read form: %v", err))
			return
		}
		name := r.Form.Get("Action")
		SetOperation(r.Context(), name)
		operation, ok := operations[name]
		if !ok {
			WriteError(w, r, NotImplemented(service+":"+name))
			return
		}
		if err := authorizeCall(r.Context(), Input{Form: r.Form}); err != nil {
			WriteError(w, r, err)
			return
		}
		out, err := operation(r.Context(), r.Form)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		if err := writeQuery(w, namespace, name, out); err != nil {
			WriteError(w, r, err)
		}
	})
}

func writeQuery(w http.ResponseWriter, namespace, name string, out any) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>", name, namespace)
	e := xml.NewEncoder(&b)
	if out != nil {
		if err := e.EncodeElement(out, xml.StartElement{Name: xml.Name{Local: name + "Result"}}); err != nil {
			return fmt.Errorf("write answer of %s: %w", name, err)
		}
	}
	fmt.Fprintf(&b, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", requestID(), name)
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusOK)
	// A write fails only when the caller is gone: no caller is left to receive the error.
	_, _ = w.Write([]byte(b.String()))
	return nil
}

// Members reads a list from a form: PREFIX.member.1, PREFIX.member.2 and so on.
func Members(form url.Values, prefix string) []string {
	var all []string
	for i := 1; ; i++ {
		value, ok := form[fmt.Sprintf("%s.member.%d", prefix, i)]
		if !ok {
			return all
		}
		all = append(all, value[0])
	}
}

func requestID() string { return strings.ToLower(rand.Text()) }
