package harness

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// answers is the transport of http.DefaultClient: as on AWS, custom resources use that client to answer CloudFormation.
var answers = byRegion{accounts: map[string]http.RoundTripper{}}

var useAnswers sync.Once

// answerThrough sends the answers of custom resources in a region to an account's gateway.
func answerThrough(region string, gateway http.RoundTripper) {
	useAnswers.Do(func() { http.DefaultClient.Transport = &answers })
	answers.mu.Lock()
	defer answers.mu.Unlock()
	answers.accounts["cloudformation-custom-resource-response-"+strings.ReplaceAll(region, "-", "")] = gateway
}

// byRegion sends a request to the account of its region. The region is part of the name of the bucket for answers.
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
