package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

// plan is a template with its parameter values: the wanted resources and their dependencies.
type plan struct {
	template   *template
	parameters []parameterValue
	tags       map[string]string
	scope      scope // without resources
	resources  map[string]plannedResource
	needs      graph
}

// plannedResource is a wanted resource and the logical ids that it needs.
type plannedResource struct {
	resourceDeclaration
	needs []string
}

// newPlan makes the plan of a template. It returns an error for a broken rule, a type that no service implements, a
// reference to an unknown name or a circular dependency. So these errors appear before the operation changes a resource.
func newPlan(
	t *template, s scope, parameters []parameterValue, tags map[string]string, types kinds,
) (*plan, error) {
	s.parameters = make(map[string]any, len(parameters))
	for _, p := range parameters {
		s.parameters[p.key] = t.parameters[p.key].refValue(p)
	}
	if err := checkRules(&s, t.rules); err != nil {
		return nil, err
	}
	if err := checkTypes(t, types); err != nil {
		return nil, err
	}
	p := &plan{
		template: t, parameters: parameters, tags: tags, scope: s, resources: map[string]plannedResource{}, needs: graph{},
	}
	for id, declared := range t.resources {
		p.resources[id] = plannedResource{resourceDeclaration: declared}
	}
	for _, id := range slices.Sorted(maps.Keys(p.resources)) {
		if err := p.addNeeds(id); err != nil {
			return nil, err
		}
	}
	if err := p.checkOutputs(); err != nil {
		return nil, err
	}
	if _, cyclic := p.needs.order(); len(cyclic) > 0 {
		return nil, validation("Circular dependency between resources: [%s]", strings.Join(cyclic, ", "))
	}
	return p, nil
}

func checkTypes(t *template, types kinds) error {
	var unknown []string
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if err := checkCustomName(id, t.resources[id].Type); err != nil {
			return err
		}
		if _, ok := types.find(t.resources[id].Type); !ok {
			unknown = append(unknown, "the embedded AWS does not implement resource type "+t.resources[id].Type+
				" (logical id "+id+")")
		}
	}
	if unknown != nil {
		return validation("%s", strings.Join(unknown, "; "))
	}
	return nil
}

// addNeeds finds the resources that a resource needs.
func (p *plan) addNeeds(id string) error {
	r := p.resources[id]
	if _, _, isFunction := intrinsic(r.Properties); isFunction {
		return validation("Template format error: [/Resources/%s/Properties] Properties must be an object", id)
	}
	var err error
	if r.needs, err = p.uses(r.Properties); err != nil {
		return err
	}
	for _, needed := range r.DependsOn {
		if _, declared := p.template.resources[needed]; !declared {
			return unresolved(needed, "Resources")
		}
		r.needs = append(r.needs, needed)
	}
	slices.Sort(r.needs)
	r.needs = slices.Compact(r.needs)
	p.resources[id] = r
	p.needs[id] = r.needs
	return nil
}

func (p *plan) checkOutputs() error {
	for _, id := range slices.Sorted(maps.Keys(p.template.outputs)) {
		if _, err := p.uses(p.template.outputs[id].Value); err != nil {
			return err
		}
	}
	return nil
}

// evaluateOutputs returns the outputs with their values, sorted by name.
func (p *plan) evaluateOutputs(s *scope) ([]output, error) {
	var outputs []output
	for _, key := range slices.Sorted(maps.Keys(p.template.outputs)) {
		declared := p.template.outputs[key]
		o := output{key: key, description: declared.Description}
		var err error
		if o.value, err = outputText(s, declared.Value); err != nil {
			return nil, validation("Output %s: %v", key, err)
		}
		outputs = append(outputs, o)
	}
	return outputs, nil
}

func outputText(s *scope, expression any) (string, error) {
	value, err := s.evaluate(expression)
	if err != nil {
		return "", err
	}
	if hasUnknown(value) {
		return knownAfterApply, nil
	}
	return scalar("an output", value)
}

func unresolved(name, block string) error {
	return validation("Template format error: Unresolved resource dependencies [%s] in the %s block of the template",
		name, block)
}

// uses lists the resources that an expression refers to. A reference to an unknown name is an error.
func (p *plan) uses(node any) ([]string, error) {
	var used []string
	for _, r := range mentions(node) {
		if _, isResource := p.resources[r.name]; isResource {
			used = append(used, r.name)
			continue
		}
		if _, err := p.scope.ref(r.name); err != nil || r.isAttribute {
			return nil, unresolved(r.name, "Resources")
		}
	}
	return used, nil
}

// mention is one reference of an expression to a parameter, a pseudo parameter or a resource.
type mention struct {
	name        string
	isAttribute bool   // Fn::GetAtt rather than Ref
	attribute   string // empty when the attribute is an expression
}

// mentions finds every Ref, Fn::GetAtt and Fn::Sub placeholder in an expression.
func mentions(node any) []mention {
	var found []mention
	switch node := node.(type) {
	case []any:
		for _, element := range node {
			found = append(found, mentions(element)...)
		}
	case map[string]any:
		name, argument, ok := intrinsic(node)
		switch {
		case ok && name == "Ref":
			if id, isText := argument.(string); isText {
				return []mention{{name: id}}
			}
		case ok && name == "Fn::GetAtt":
			if id, attribute, err := attributePath(argument); err == nil {
				text, _ := attribute.(string)
				return append(mentions(attribute), mention{name: id, isAttribute: true, attribute: text})
			}
		case ok && name == "Fn::Sub":
			return subMentions(argument)
		}
		for _, key := range slices.Sorted(maps.Keys(node)) {
			found = append(found, mentions(node[key])...)
		}
	}
	return found
}

func subMentions(argument any) []mention {
	text, variables, err := subArguments(argument)
	if err != nil {
		return mentions(argument)
	}
	found := mentions(variables)
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		name := strings.TrimSpace(match[1])
		if _, own := variables[name]; own || strings.HasPrefix(name, "!") {
			continue
		}
		id, attribute, isAttribute := strings.Cut(name, ".")
		found = append(found, mention{name: id, isAttribute: isAttribute, attribute: attribute})
	}
	return found
}
