package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/harness"
)

// Template is a parsed template.
type Template struct {
	whole     map[string]any
	Resources map[string]any
}

// Reduced returns the golden template of a department without the resources that take time and have no effect in a
// simulation: the network, the log of the state machine, what people watch, and the resources that useless selects.
func Reduced(department string, useless func(id string, resource map[string]any) bool) (Template, error) {
	golden, err := harness.Template(department)
	if err != nil {
		return Template{}, err
	}
	t, err := Parse(golden)
	if err != nil {
		return Template{}, err
	}
	removed := map[string]bool{}
	maps.DeleteFunc(t.Resources, func(id string, resource any) bool {
		r := resource.(map[string]any)
		removed[id] = strings.HasPrefix(id, "Network") || strings.HasPrefix(id, "ReplicationSubnets") || isWatched(r) || useless(id, r)
		return removed[id]
	})
	for _, resource := range t.Resources {
		r := resource.(map[string]any)
		if after, ok := r["DependsOn"].([]any); ok {
			r["DependsOn"] = slices.DeleteFunc(after, func(id any) bool { return removed[id.(string)] })
		}
		properties, _ := r["Properties"].(map[string]any)
		for _, name := range []string{"ReplicationSubnetGroupIdentifier", "VpcSecurityGroupIds", "VpcConfig", "Network", "LoggingConfiguration"} {
			delete(properties, name)
		}
	}
	maps.DeleteFunc(t.whole["Outputs"].(map[string]any), func(_ string, output any) bool { return mentions(output, removed) })
	return t, nil
}

// isWatched reports whether a resource only shows people what happens: an alarm, a dashboard or a saved query.
func isWatched(resource map[string]any) bool {
	kind, _ := resource["Type"].(string)
	return strings.HasPrefix(kind, "AWS::CloudWatch::") || kind == "AWS::Logs::QueryDefinition"
}

// Parse parses a template.
func Parse(content []byte) (Template, error) {
	var t Template
	if err := json.Unmarshal(content, &t.whole); err != nil {
		return t, fmt.Errorf("parse a template: %w", err)
	}
	t.Resources, _ = t.whole["Resources"].(map[string]any)
	return t, nil
}

// Bytes returns the template as JSON.
func (t Template) Bytes() []byte {
	content, err := json.Marshal(t.whole)
	if err != nil {
		panic(err) // Parse read it from JSON
	}
	return content
}

// mentions reports whether a part of a template refers to one of the resources.
func mentions(part any, names map[string]bool) bool {
	switch part := part.(type) {
	case string:
		return names[part]
	case []any:
		return slices.ContainsFunc(part, func(p any) bool { return mentions(p, names) })
	case map[string]any:
		for _, p := range part {
			if mentions(p, names) {
				return true
			}
		}
	}
	return false
}
