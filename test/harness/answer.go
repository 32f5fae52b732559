package harness

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// answers is what the process's default client reaches: custom resources answer CloudFormation by it, as on AWS.
var answers = byRegion{accounts: map[string]http.RoundTripper{}}

var useAnswers sync.Once

// answerThrough has the answers of custom resources in a region arrive at an account's gateway.
func answerThrough(region string, gateway http.RoundTripper) {
	useAnswers.Do(func() { http.DefaultClient.Transport = &answers })
	answers.mu.Lock()
	defer answers.mu.Unlock()
	answers.accounts["cloudformation-custom-resource-response-"+strings.ReplaceAll(region, "-", "")] = gateway
}

// byRegion finds an account by the bucket that CloudFormation has answers put into, which its region names.
type byRegion struct {
	mu       sync.Mutex
	accounts map[string]http.RoundTripper
}

func (b *byRegion) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	var found http.RoundTripper
	for bucket, gateway := range b.accounts {
		if strings.Contains(r.URL.Path, "/"+bucket+"/") {
			found = gateway
		}
	}
	b.mu.Unlock()
	if found == nil {
		return nil, fmt.Errorf("no account is open for %s", r.URL.Redacted())
	}
	return found.RoundTrip(r)
}
