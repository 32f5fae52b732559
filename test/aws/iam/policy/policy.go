// Package policy decides whether IAM policies allow a request. It knows nothing of services: a caller says which action on which
// resource a request is, and which condition keys it has.
//
// It follows "Policy evaluation logic" and "IAM JSON policy elements" of the IAM user guide, for one account. Sessions with
// policies of their own, service and resource control policies, NotPrincipal, policy variables and all condition operators and
// keys that are not listed here are refused: Parse names them.
package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Policy is a policy document that has been read.
type Policy struct{ statements []statement }

// statement is one statement. Of each pair such as actions and notActions, exactly one is set.
type statement struct {
	sid                     string
	deny                    bool
	principals              *principals // nil in a policy of an identity
	actions, notActions     []pattern
	resources, notResources []resourcePattern
	conditions              []condition
}

// Parse reads a policy of a role or a permissions boundary. The error names what is not a policy, or not implemented.
func Parse(document []byte) (*Policy, error) { return parse(document, false) }

// ParseResource reads the policy of a resource, such as a bucket: each of its statements names principals.
func ParseResource(document []byte) (*Policy, error) { return parse(document, true) }

// document and element are a policy as JSON has it.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement oneOrMore[element]
}

type element struct {
	Sid, Effect           string
	Principal             json.RawMessage
	Action, NotAction     oneOrMore[string]
	Resource, NotResource oneOrMore[string]
	Condition             map[string]map[string]oneOrMore[text]
	NotPrincipal          json.RawMessage
}

// oneOrMore is a value or a list of values, as policies write both.
type oneOrMore[T any] []T

func (o *oneOrMore[T]) UnmarshalJSON(content []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("[")) {
		return strict(content, (*[]T)(o))
	}
	*o = make([]T, 1)
	return strict(content, &(*o)[0])
}

// text is a value of a condition: a string, a boolean or a number.
type text string

func (t *text) UnmarshalJSON(content []byte) error {
	var quoted string
	if json.Unmarshal(content, &quoted) == nil {
		*t = text(quoted)
		return nil
	}
	if content[0] == '{' || content[0] == '[' || content[0] == 'n' {
		return fmt.Errorf("%s is not a value of a condition", content)
	}
	*t = text(content)
	return nil
}

func strict(content []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func parse(content []byte, ofResource bool) (*Policy, error) {
	var d document
	if err := strict(content, &d); err != nil {
		return nil, fmt.Errorf("read a policy: %w", err)
	}
	if d.Version != "" && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
		return nil, fmt.Errorf("read a policy: the Version %q is neither 2012-10-17 nor 2008-10-17", d.Version)
	}
	p := &Policy{}
	for i, e := range d.Statement {
		s, err := e.parse(ofResource)
		if err != nil {
			name := e.Sid
			if name == "" {
				name = fmt.Sprint(i + 1)
			}
			return nil, fmt.Errorf("read statement %s of a policy: %w", name, err)
		}
		p.statements = append(p.statements, s)
	}
	return p, nil
}

func (e element) parse(ofResource bool) (s statement, err error) {
	s.sid, s.deny = e.Sid, e.Effect == "Deny"
	switch {
	case e.Effect != "Allow" && e.Effect != "Deny":
		return s, fmt.Errorf("the Effect %q is neither Allow nor Deny", e.Effect)
	case e.NotPrincipal != nil:
		return s, fmt.Errorf("NotPrincipal is not implemented")
	case (e.Principal != nil) != ofResource:
		return s, fmt.Errorf("policies of resources have a Principal, and only they")
	case (len(e.Action) == 0) == (len(e.NotAction) == 0):
		return s, fmt.Errorf("want either Action or NotAction")
	case (len(e.Resource) == 0) == (len(e.NotResource) == 0):
		return s, fmt.Errorf("want either Resource or NotResource")
	}
	if ofResource {
		if s.principals, err = parsePrincipals(e.Principal); err != nil {
			return s, err
		}
	}
	if s.actions, err = parseActions(e.Action); err != nil {
		return s, err
	}
	if s.notActions, err = parseActions(e.NotAction); err != nil {
		return s, err
	}
	if s.resources, err = parseResources(e.Resource); err != nil {
		return s, err
	}
	if s.notResources, err = parseResources(e.NotResource); err != nil {
		return s, err
	}
	s.conditions, err = parseConditions(e.Condition)
	return s, err
}

// noVariable refuses policy variables such as ${aws:username}.
func noVariable(value string) error {
	if strings.Contains(value, "${") {
		return fmt.Errorf("the policy variable in %q is not implemented", value)
	}
	return nil
}
