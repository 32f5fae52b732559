package iam

import (
	"bytes"
	"encoding/json"
	"regexp"
	"unicode"

	"github.com/oralake/oralake/test/aws/gateway"
)

// maxInline is the maximum number of characters, without white space, of all inline policies of a role together.
const maxInline = 10240

var (
	validName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	validPath = regexp.MustCompile(`^/([!-~]*/)?$`)
)

// checkDocument refuses a document that is not a policy. It does not check what the policy allows.
func checkDocument(what string, doc document) error {
	var policy struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal(doc, &policy); err != nil {
		return gateway.Errorf("MalformedPolicyDocument", "%s is not a policy: %v", what, err)
	}
	if len(policy.Statement) == 0 {
		return gateway.Errorf("MalformedPolicyDocument", "%s has no Statement", what)
	}
	return nil
}

// checkInlineSize must be called with mu held.
func (s *Service) checkInlineSize(r *role) error {
	size := 0
	for _, doc := range r.inline {
		size += characters(doc)
	}
	for _, p := range s.policies {
		for _, name := range p.roles {
			if name == r.name {
				size += characters(p.document)
			}
		}
	}
	if size > maxInline {
		return gateway.Errorf("LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", maxInline, r.name)
	}
	return nil
}

func characters(doc document) int {
	return len(bytes.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return c
	}, doc))
}
