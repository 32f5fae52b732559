package gateway_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/test/aws/gateway"
)

// signed sends a request that is signed for a service.
func signed(t *testing.T, g *gateway.Gateway, service, method, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(`{"Name":"n"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/"+service+"/aws4_request, ...")
	answer, err := g.Config("eu-central-1", nil).HTTPClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(b))
}

func TestREST(t *testing.T) {
	var operations []string
	g := gateway.New(anyone{})
	g.Observe(func(c gateway.Call) { operations = append(operations, c.Operation) })
	g.Handle("things", gateway.REST("things", map[string]gateway.Route{
		"GET /things/{name}": {Operation: "GetThing", Query: []string{"group"}, Answer: func(r *http.Request) (any, error) {
			return map[string]string{"Name": r.PathValue("name") + "/" + r.URL.Query().Get("group")}, nil
		}},
		"POST /things": {Operation: "CreateThing", Answer: func(r *http.Request) (any, error) {
			var in struct{ Name, Colour string }
			if err := gateway.ReadJSON(r, &in); err != nil {
				return nil, err
			}
			return nil, gateway.Errorf("ConflictException", "%s already exists", in.Name)
		}},
		"DELETE /things/{name}": {Operation: "DeleteThing", Write: func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}},
	}))
	tests := []struct {
		method, path, operation string
		status                  int
		body                    string
	}{
		{"GET", "/things/a?group=g", "GetThing", 200, `{"Name":"a/g"}`},
		{"GET", "/things/a?group=g&X-Amz-Date=now", "GetThing", 200, `{"Name":"a/g"}`},
		{
			"GET", "/things/a?colour=red&size=1", "GetThing", 400, `{"__type":"UnknownOperationException",` +
				`"message":"the embedded AWS does not implement the parameter colour of things:GetThing"}`,
		},
		{"POST", "/things", "CreateThing", 400, `{"__type":"ConflictException","message":"n already exists"}`},
		{"DELETE", "/things/a", "DeleteThing", 204, ``},
		{
			"PUT", "/things/a", "", 400, `{"__type":"UnknownOperationException",` +
				`"message":"the embedded AWS does not implement things: PUT /things/a"}`,
		},
	}
	for i, test := range tests {
		status, body := signed(t, g, "things", test.method, test.path)
		if status != test.status || body != test.body || operations[i] != test.operation {
			t.Errorf("%s %s: got %d %s as %q\nwant %d %s as %q",
				test.method, test.path, status, body, operations[i], test.status, test.body, test.operation)
		}
	}
}

// nobody is an account without principals.
type nobody struct{}

func (nobody) Principal(string) (gateway.Principal, error) {
	return gateway.Principal{}, &gateway.Error{Code: "InvalidClientTokenId", Message: "who?", Status: http.StatusForbidden}
}

// Each client receives an error of the gateway itself in the format of its service.
func TestErrorsHaveTheFormatOfTheService(t *testing.T) {
	g := gateway.New(nobody{})
	status, body := signed(t, g, "s3", http.MethodGet, "/bucket/key")
	var refused struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}
	if err := xml.Unmarshal([]byte(body), &refused); err != nil || status != 403 || refused.Code != "InvalidClientTokenId" {
		t.Errorf("s3: got %d %s (%v), want S3's XML", status, body, err)
	}
	if _, body := signed(t, g, "dms", http.MethodPost, "/"); !strings.HasPrefix(body, `{"__type":"InvalidClientTokenId"`) {
		t.Errorf("dms: got %s, want JSON", body)
	}
	config := g.Config("eu-central-1", credentials.NewStaticCredentialsProvider("a", "b", ""))
	config.RetryMaxAttempts = 1
	_, err := s3.NewFromConfig(config).GetObject(t.Context(), &s3.GetObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("key"),
	})
	if got := code(err); got != "InvalidClientTokenId" {
		t.Errorf("an S3 client reads %q: %v", got, err)
	}
	presigned, err := s3.NewPresignClient(s3.NewFromConfig(config)).PresignGetObject(t.Context(), &s3.GetObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("key"),
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := config.HTTPClient.(*http.Client).Get(presigned.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "application/xml" {
		t.Errorf("a presigned request is refused with content type %s, want application/xml", got)
	}
}
