package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// What `make iam` tells a test by its environment.
const (
	// EnvAccessLog is a file to which every test appends what the roles of its account did, as lines of AccessLine.
	EnvAccessLog = "ORALAKE_ACCESS_LOG"
	// EnvWithout is "ROLE ACTION": every template is deployed without this action of this role.
	EnvWithout = "ORALAKE_WITHOUT"
)

// AccessLine is a line of the file of EnvAccessLog.
type AccessLine struct {
	Test string
	Used []string // "ROLE ACTION", without the name of the stack
	// Denied is what policies did not allow, "ROLE ACTION RESOURCE".
	Denied []string
}

// logicalHash is the end of a logical ID of the CDK.
var logicalHash = regexp.MustCompile(`[0-9A-F]{8}$`)

// Actions returns the actions that the policies of a template allow to each role, by the logical ID of the role without its hash.
func Actions(template []byte) (map[string][]string, error) {
	all := map[string][]string{}
	_, err := eachStatement(template, func(role string, statement map[string]any) bool {
		if statement["Effect"] == "Allow" {
			for _, action := range texts(statement["Action"]) {
				if !slices.Contains(all[role], action) {
					all[role] = append(all[role], action)
				}
			}
		}
		return true
	})
	return all, err
}

// Without removes an action of a role from a template, "ROLE ACTION".
func Without(template []byte, permission string) ([]byte, error) {
	role, action, ok := strings.Cut(permission, " ")
	if !ok {
		return nil, fmt.Errorf("%s is %q: want ROLE ACTION", EnvWithout, permission)
	}
	return eachStatement(template, func(of string, statement map[string]any) bool {
		if of != role || statement["Effect"] != "Allow" {
			return true
		}
		left := slices.DeleteFunc(texts(statement["Action"]), func(one string) bool { return one == action })
		statement["Action"] = left
		return len(left) > 0
	})
}

// withoutRemoved returns the template to deploy: the same one, or without the action of EnvWithout.
func withoutRemoved(template []byte) ([]byte, error) {
	if permission := os.Getenv(EnvWithout); permission != "" {
		return Without(template, permission)
	}
	return template, nil
}

// eachStatement calls f for each statement of a role's policies, and leaves out those for which f returns false.
func eachStatement(template []byte, f func(role string, statement map[string]any) bool) ([]byte, error) {
	var whole map[string]any
	if err := json.Unmarshal(template, &whole); err != nil {
		return nil, err
	}
	visit := func(role string, document any) bool {
		policy, _ := document.(map[string]any)
		statements, _ := policy["Statement"].([]any)
		statements = slices.DeleteFunc(statements, func(s any) bool { return !f(logicalHash.ReplaceAllString(role, ""), s.(map[string]any)) })
		policy["Statement"] = statements
		return len(statements) > 0
	}
	resources, _ := whole["Resources"].(map[string]any)
	for id, r := range resources {
		properties, _ := r.(map[string]any)["Properties"].(map[string]any)
		switch r.(map[string]any)["Type"] {
		case "AWS::IAM::Role":
			policies, _ := properties["Policies"].([]any)
			properties["Policies"] = slices.DeleteFunc(policies, func(p any) bool { return !visit(id, p.(map[string]any)["PolicyDocument"]) })
		case "AWS::IAM::Policy":
			role, _ := properties["Roles"].([]any)[0].(map[string]any)["Ref"].(string)
			visit(role, properties["PolicyDocument"])
		}
	}
	return json.Marshal(whole)
}

// texts returns a text or a list of texts as a list.
func texts(value any) (all []string) {
	if one, ok := value.(string); ok {
		return []string{one}
	}
	list, _ := value.([]any)
	for _, one := range list {
		all = append(all, one.(string))
	}
	return all
}
