package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/oralake/oralake/test/aws/gateway"
)

type anyone struct{}

func (anyone) Principal(key string) (gateway.Principal, error) {
	return gateway.Principal{ARN: key}, nil
}

func TestTheAuditLogHasTheStatusThatWasSent(t *testing.T) {
	for path, want := range map[string]int{"/nothing": 200, "/written": 200, "/accepted": 202, "/panic": 0} {
		t.Run(path, func(t *testing.T) {
			g := gateway.New(anyone{})
			g.Handle("things", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/written":
					_, _ = w.Write([]byte("x"))
				case "/accepted":
					w.WriteHeader(http.StatusAccepted)
				case "/panic":
					panic("broken")
				}
			}))
			calls := make(chan gateway.Call, 1)
			g.Observe(func(c gateway.Call) { calls <- c })
			client := g.Config("eu-central-1", credentials.NewStaticCredentialsProvider("a", "b", "")).HTTPClient
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://127.0.0.1"+path, strings.NewReader("in"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/things/aws4_request, ...")
			answer, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if got := (<-calls).Status; got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		})
	}
}
