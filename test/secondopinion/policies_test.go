package secondopinion

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/oralake/oralake/test/aws/iam/policy"
)

// policyRequest is a request of a case of testdata/cases.json of package policy.
type policyRequest struct {
	Action   string         `json:"action"`
	Resource string         `json:"resource"`
	Keys     policy.Context `json:"keys"`
}

// TestPolicies decides requests on package policy and on npm's pbac: all combinations of the actions, resources and keys of each case
// that pbac covers. pbac has no boundaries and no accounts, so policies of identities remain. A case names what pbac does otherwise
// ("unlike"); it is left out.
func TestPolicies(t *testing.T) {
	content, err := os.ReadFile("../aws/iam/policy/testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Unlike       string
		Identity           []json.RawMessage
		Boundary, Resource json.RawMessage
		Requests           []policyRequest
	}
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	type job struct {
		name     string
		Policies []json.RawMessage `json:"policies"`
		Requests []policyRequest   `json:"requests"`
	}
	var jobs []job
	for _, c := range cases {
		if c.Unlike != "" || c.Boundary != nil || c.Resource != nil || c.Identity == nil {
			continue
		}
		one := job{name: c.Name, Policies: c.Identity}
		for _, a := range c.Requests {
			for _, b := range c.Requests {
				for _, k := range c.Requests {
					one.Requests = append(one.Requests, policyRequest{a.Action, b.Resource, k.Keys})
				}
			}
		}
		jobs = append(jobs, one)
	}
	in, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := node(t, "node", "policies.mjs")
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("run policies.mjs: %v\n%s", err, stderr.String())
	}
	var theirs [][]bool
	if err := json.Unmarshal(stdout.Bytes(), &theirs); err != nil {
		t.Fatalf("read the answers of policies.mjs: %v", err)
	}
	compared, allowed := 0, 0
	for i, one := range jobs {
		var own policy.Policies
		for _, document := range one.Policies {
			p, err := policy.Parse(document)
			if err != nil {
				t.Fatal(err)
			}
			own.Identity = append(own.Identity, p)
		}
		for n, r := range one.Requests {
			d, err := own.Decide(policy.Request{Action: r.Action, Resource: r.Resource, Keys: r.Keys})
			if err != nil {
				t.Fatal(err)
			}
			if d.Allowed != theirs[i][n] {
				t.Errorf("%s: %s on %s with %v: allowed %v, pbac says %v", one.name, r.Action, r.Resource, r.Keys, d.Allowed, theirs[i][n])
			}
			compared++
			if d.Allowed {
				allowed++
			}
		}
	}
	if allowed == 0 || allowed == compared {
		t.Errorf("%d of %d requests are allowed: the comparison proves nothing", allowed, compared)
	}
	t.Logf("%d requests of %d cases compared, %d allowed", compared, len(jobs), allowed)
}
