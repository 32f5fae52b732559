package harness

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Intruder is the name of the sessions in which tests try what a role may not do. Their refusals are no mistakes.
const Intruder = "intruder"

// accesses are what the roles of an account did, and what their policies did not allow.
type accesses struct {
	mu     sync.Mutex
	used   map[string]bool // "ROLE ACTION", without the name of the stack
	denied map[string]bool // "ROLE ACTION RESOURCE"
	// expected are actions of which a test expects that they are denied.
	expected []string
}

func observeAccess(g *gateway.Gateway) *accesses {
	all := &accesses{used: map[string]bool{}, denied: map[string]bool{}}
	roles := map[string]string{} // what roleID returns, by role and service; stackless is that without the name of the stack
	stackless := map[string]string{}
	g.ObserveAccess(func(p gateway.Principal, a gateway.Access, because string) {
		if strings.HasSuffix(p.ARN, "/"+Intruder) {
			return
		}
		all.mu.Lock()
		defer all.mu.Unlock()
		role, known := roles[p.Role+" "+p.Service]
		if !known {
			role = roleID(p)
			roles[p.Role+" "+p.Service], stackless[role] = role, inStack.ReplaceAllString(role, "")
		}
		if because == "" {
			all.used[stackless[role]+" "+a.Action] = true
		} else if !strings.HasPrefix(because, "with an explicit deny") && !slices.Contains(all.expected, a.Action) {
			// A statement that denies is meant.
			all.denied[role+" "+a.Action+" "+a.Resource] = true
		}
	})
	return all
}

// report fails a test in which a role was denied something: the policies do not allow what the product does.
func (a *accesses) report(t testing.TB) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if file := os.Getenv(EnvAccessLog); file != "" {
		a.log(t, file)
	}
	if os.Getenv(EnvWithout) != "" {
		return // The test must notice it by what happens, not by this report.
	}
	for _, what := range sorted(a.denied) {
		t.Errorf("a policy does not allow what is done: %s", what)
	}
}

// log appends what was used to a file.
func (a *accesses) log(t testing.TB, file string) {
	test, _, _ := strings.Cut(t.Name(), "/")
	line, err := json.Marshal(AccessLine{Test: test, Used: sorted(a.used), Denied: sorted(a.denied)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := out.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}

func sorted(set map[string]bool) (all []string) {
	for one := range set {
		all = append(all, one)
	}
	slices.Sort(all)
	return all
}

// generated is the end of a name that CloudFormation makes: a hash of the CDK, and a random text.
var generated = regexp.MustCompile(`[0-9A-F]{8}-[A-Z0-9]{12}$`)

// inStack is the beginning of the name of a department's role.
var inStack = regexp.MustCompile(`^oralake-[a-z0-9-]+-`)

// roleID returns the name of a role without what is generated, such as oralake-sales-FunctionsPrepareRole, or the name of a service.
func roleID(p gateway.Principal) string {
	if p.Service != "" {
		return p.Service
	}
	return generated.ReplaceAllString(p.Role[strings.LastIndexByte(p.Role, '/')+1:], "")
}

// ExpectDenied says that policies deny an action in this test, which is no mistake of theirs. Call it before anything happens.
func (a *Account) ExpectDenied(action string) { a.access.expected = append(a.access.expected, action) }
