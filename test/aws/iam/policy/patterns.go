package policy

import (
	"fmt"
	"strings"
)

// pattern is a text in which * stands for any characters, also none, and ? for one character. asterisk stands for an asterisk.
type pattern string

// asterisk is ${*} of a policy: no wildcard, but the character.
const asterisk = '\x01'

// matches reports whether a text matches. It takes time proportional to both lengths at most.
func (p pattern) matches(text string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == text[j] || p[i] == asterisk && text[j] == '*'):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// parseActions reads patterns of actions. Actions have no case.
func parseActions(all []string) (patterns []pattern, err error) {
	for _, one := range all {
		service, action, ok := strings.Cut(one, ":")
		if one != "*" && (!ok || service == "" || action == "") {
			return nil, fmt.Errorf("the action %q has not the form SERVICE:ACTION", one)
		}
		patterns = append(patterns, pattern(strings.ToLower(one)))
	}
	return patterns, nil
}

func anyMatches(patterns []pattern, text string) bool {
	for _, p := range patterns {
		if p.matches(text) {
			return true
		}
	}
	return false
}

// arnParts is the number of parts of an ARN: arn, partition, service, region, account and resource. The resource may have colons.
const arnParts = 6

// resourcePattern is a pattern of an ARN, part by part: a wildcard does not reach from one part into the next.
type resourcePattern struct {
	any   bool // the pattern is *
	parts [arnParts]pattern
}

func parseResources(all []string) (patterns []resourcePattern, err error) {
	for _, one := range all {
		one = strings.ReplaceAll(one, "${*}", string(asterisk))
		if err := noVariable(one); err != nil {
			return nil, err
		}
		p, err := parseARN(one)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

func parseARN(text string) (p resourcePattern, err error) {
	if text == "*" {
		return resourcePattern{any: true}, nil
	}
	parts := strings.SplitN(text, ":", arnParts)
	if len(parts) != arnParts || parts[0] != "arn" {
		return p, fmt.Errorf("the resource %q is neither * nor an ARN of %d parts", text, arnParts)
	}
	for i, part := range parts {
		p.parts[i] = pattern(part)
	}
	return p, nil
}

// matches reports whether the pattern matches an ARN. Only the pattern * matches a text that is not an ARN, such as the resource
// of an action that has none: *.
func (p *resourcePattern) matches(arn string) bool {
	if p.any {
		return true
	}
	for i := range arnParts - 1 {
		part, rest, ok := strings.Cut(arn, ":")
		if !ok || !p.parts[i].matches(part) {
			return false
		}
		arn = rest
	}
	return p.parts[arnParts-1].matches(arn)
}

func anyResourceMatches(patterns []resourcePattern, arn string) bool {
	for i := range patterns {
		if patterns[i].matches(arn) {
			return true
		}
	}
	return false
}
