package policy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Principal is the sender of a request.
type Principal struct {
	// Account is the account of a role or a user.
	Account string
	// ARN is that of the user or of the role's session. Role is the ARN of the role.
	ARN, Role string
	// Service is a service that acts as itself, such as events.amazonaws.com. The other fields are empty then.
	Service string
}

// principals is the Principal element of a statement.
type principals struct {
	everybody bool
	arns      []string
	accounts  []string
	services  []string
}

var (
	accountID   = regexp.MustCompile(`^\d{12}$`)
	accountRoot = regexp.MustCompile(`^arn:[^:]+:iam::(\d{12}):root$`)
)

func parsePrincipals(content json.RawMessage) (*principals, error) {
	var everybody string
	if json.Unmarshal(content, &everybody) == nil {
		if everybody != "*" {
			return nil, fmt.Errorf("the Principal %q is not *", everybody)
		}
		return &principals{everybody: true}, nil
	}
	var kinds map[string]oneOrMore[string]
	if err := json.Unmarshal(content, &kinds); err != nil {
		return nil, fmt.Errorf("the Principal %s: %w", content, err)
	}
	p := &principals{}
	for kind, names := range kinds {
		switch kind {
		case "AWS":
			for _, name := range names {
				p.add(name)
			}
		case "Service":
			p.services = append(p.services, names...)
		default:
			return nil, fmt.Errorf("principals of the kind %s are not implemented", kind)
		}
	}
	return p, nil
}

func (p *principals) add(name string) {
	if root := accountRoot.FindStringSubmatch(name); root != nil {
		name = root[1]
	}
	switch {
	case name == "*":
		p.everybody = true
	case accountID.MatchString(name):
		p.accounts = append(p.accounts, name)
	default:
		p.arns = append(p.arns, name)
	}
}

// named is how a Principal element names a principal.
type named int

const (
	notNamed     named = iota
	throughRoot        // by its account, so that the account's own policies decide
	byRole             // by its role, or as everybody
	bySession          // by its session or user
	asTheService       // as a service
)

func (p *principals) names(who Principal) named {
	if who.Service != "" {
		for _, service := range p.services {
			if service == who.Service {
				return asTheService
			}
		}
		if p.everybody {
			return asTheService
		}
		return notNamed
	}
	found := notNamed
	for _, account := range p.accounts {
		if account == who.Account {
			found = max(found, throughRoot)
		}
	}
	if p.everybody {
		found = max(found, byRole)
	}
	for _, arn := range p.arns {
		switch {
		case strings.EqualFold(arn, who.ARN):
			found = max(found, bySession)
		case who.Role != "" && arn == who.Role:
			found = max(found, byRole)
		}
	}
	return found
}
