package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/harness"
)

// Template is a template that is taken apart.
type Template struct {
	whole     map[string]any
	Resources map[string]any
}

// Reduced is the golden template of a department without what takes time and does nothing here: the network, since no packet
// goes anywhere, the log of the state machine, and the resources that are useless to the caller.
func Reduced(department string, useless func(id string, resource map[string]any) bool) (Template, error) {
	golden, err := harness.Template(department)
	if err != nil {
		return Template{}, err
	}
	t, err := Parse(golden)
	if err != nil {
		return Template{}, err
	}
	gone := map[string]bool{}
	maps.DeleteFunc(t.Resources, func(id string, resource any) bool {
		gone[id] = strings.HasPrefix(id, "Network") || strings.HasPrefix(id, "ReplicationSubnets") ||
			useless(id, resource.(map[string]any))
		return gone[id]
	})
	for _, resource := range t.Resources {
		r := resource.(map[string]any)
		if after, ok := r["DependsOn"].([]any); ok {
			r["DependsOn"] = slices.DeleteFunc(after, func(id any) bool { return gone[id.(string)] })
		}
		properties, _ := r["Properties"].(map[string]any)
		for _, name := range []string{"ReplicationSubnetGroupIdentifier", "VpcSecurityGroupIds", "VpcConfig", "LoggingConfiguration"} {
			delete(properties, name)
		}
	}
	maps.DeleteFunc(t.whole["Outputs"].(map[string]any), func(_ string, output any) bool { return mentions(output, gone) })
	return t, nil
}

// Parse takes a template apart.
func Parse(content []byte) (Template, error) {
	var t Template
	if err := json.Unmarshal(content, &t.whole); err != nil {
		return t, fmt.Errorf("read a template: %w", err)
	}
	t.Resources, _ = t.whole["Resources"].(map[string]any)
	return t, nil
}

// Bytes are the template in one piece.
func (t Template) Bytes() []byte {
	content, err := json.Marshal(t.whole)
	if err != nil {
		panic(err) // it was JSON
	}
	return content
}

// mentions says whether a part of a template names a resource.
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
