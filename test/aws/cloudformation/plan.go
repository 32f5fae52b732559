package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

// plan is a template with its parameters: which resources there shall be, and what each needs.
type plan struct {
	template   *template
	parameters []parameterValue
	tags       map[string]string
	scope      scope // without resources
	resources  map[string]planned
	needs      graph
	// imports are the names of the exports of other stacks that the plan uses.
	imports []string
}

// planned is a resource whose condition holds.
type planned struct {
	resourceDeclaration // its Properties have no Fn::If left
	needs               []string
}

// newPlan decides the conditions, checks the rules, and refuses a plan that cannot be carried out before anything is
// touched: types that no service implements, references to nothing, circular dependencies.
func newPlan(
	t *template, s scope, parameters []parameterValue, tags map[string]string, types kinds,
) (*plan, error) {
	s.parameters = make(map[string]any, len(parameters))
	for _, p := range parameters {
		s.parameters[p.key] = t.parameters[p.key].use(p)
	}
	s.mappings = t.mappings
	if err := checkRules(&s, t.rules); err != nil {
		return nil, err
	}
	var err error
	if s.conditions, err = evaluateConditions(&s, t.conditions); err != nil {
		return nil, err
	}
	if err := checkTypes(t, types); err != nil {
		return nil, err
	}
	p := &plan{
		template: t, parameters: parameters, tags: tags, scope: s, resources: map[string]planned{}, needs: graph{},
	}
	for id, declared := range t.resources {
		if declared.Condition == "" || s.conditions[declared.Condition] {
			p.resources[id] = planned{resourceDeclaration: declared}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.resources)) {
		if err := p.connect(id); err != nil {
			return nil, err
		}
	}
	if err := p.checkOutputs(); err != nil {
		return nil, err
	}
	if _, cyclic := p.needs.order(); len(cyclic) > 0 {
		return nil, validation("Circular dependency between resources: [%s]", strings.Join(cyclic, ", "))
	}
	slices.Sort(p.imports)
	p.imports = slices.Compact(p.imports)
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

// connect prunes the properties of a resource and finds what it needs.
func (p *plan) connect(id string) error {
	r := p.resources[id]
	pruned, err := p.prune(r.Properties)
	if err != nil {
		return err
	}
	properties, isObject := pruned.(map[string]any)
	if _, _, isFunction := intrinsic(properties); !isObject || isFunction {
		return validation("Template format error: [/Resources/%s/Properties] Properties must be an object", id)
	}
	r.Properties = properties
	if r.needs, err = p.uses(r.Properties); err != nil {
		return err
	}
	for _, needed := range r.DependsOn {
		if _, declared := p.template.resources[needed]; !declared {
			return unresolved(needed, "Resources")
		}
		// Waiting for a resource whose condition does not hold is waiting for nothing.
		if _, exists := p.resources[needed]; exists {
			r.needs = append(r.needs, needed)
		}
	}
	slices.Sort(r.needs)
	r.needs = slices.Compact(r.needs)
	p.resources[id] = r
	p.needs[id] = r.needs
	return nil
}

func (p *plan) checkOutputs() error {
	for _, id := range slices.Sorted(maps.Keys(p.template.outputs)) {
		if !p.hasOutput(id) {
			continue
		}
		pruned, err := p.prune(p.template.outputs[id].Value)
		if err != nil {
			return err
		}
		if _, err := p.uses(pruned); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) hasOutput(id string) bool {
	condition := p.template.outputs[id].Condition
	return condition == "" || p.scope.conditions[condition]
}

// evaluateOutputs finds the values of the outputs whose conditions hold, in the order of their names.
func (p *plan) evaluateOutputs(s *scope) ([]output, error) {
	var outputs []output
	for _, key := range slices.Sorted(maps.Keys(p.template.outputs)) {
		if !p.hasOutput(key) {
			continue
		}
		declared := p.template.outputs[key]
		o := output{key: key, description: declared.Description}
		var err error
		if o.value, err = outputText(s, declared.Value); err != nil {
			return nil, validation("Output %s: %v", key, err)
		}
		if declared.Export != nil {
			if o.export, err = outputText(s, declared.Export.Name); err != nil {
				return nil, validation("Export name of output %s: %v", key, err)
			}
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
	if hasLater(value) {
		return knownAfterApply, nil
	}
	return scalar("an output", value)
}

func unresolved(name, block string) error {
	return validation("Template format error: Unresolved resource dependencies [%s] in the %s block of the template",
		name, block)
}

// prune replaces each Fn::If by the branch that holds, so that only what will be made counts as a reference.
func (p *plan) prune(node any) (any, error) {
	switch node := node.(type) {
	case []any:
		list := make([]any, len(node))
		for i, element := range node {
			var err error
			if list[i], err = p.prune(element); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		if name, argument, ok := intrinsic(node); ok && name == "Fn::If" {
			branch, err := p.scope.branch(argument)
			if err != nil {
				return nil, err
			}
			return p.prune(branch)
		}
		object := make(map[string]any, len(node))
		for key, member := range node {
			pruned, err := p.prune(member)
			if err != nil {
				return nil, err
			}
			object[key] = pruned
		}
		return object, nil
	default:
		return node, nil
	}
}

// uses lists the resources that a pruned expression names, and notes the exports that it imports.
func (p *plan) uses(node any) ([]string, error) {
	var used []string
	for _, r := range mentions(node) {
		if r.imports != nil {
			name, err := p.scope.evaluate(r.imports)
			if err != nil {
				return nil, err
			}
			if _, err := importValue(&p.scope, name); err != nil {
				return nil, err
			}
			p.imports = append(p.imports, name.(string))
			continue
		}
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

// mention is one place where an expression names something outside itself.
type mention struct {
	name        string
	isAttribute bool   // Fn::GetAtt rather than Ref
	attribute   string // empty when it is an expression itself
	imports     any    // the argument of Fn::ImportValue
}

// mentions finds every Ref, Fn::GetAtt, Fn::Sub placeholder and Fn::ImportValue in an expression.
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
		case ok && name == "Fn::ImportValue":
			return append(mentions(argument), mention{imports: argument})
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
