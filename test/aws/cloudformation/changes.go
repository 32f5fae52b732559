package cloudformation

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/oralake/oralake/test/aws/gateway"
)

// change describes what an update does to one resource.
type change struct {
	action      string // "Add", "Modify", "Remove"
	logicalID   string
	physicalID  string
	kind        string
	replacement string // "True", "False", "Conditional"; empty unless the action is Modify
	policy      string // the PolicyAction: "Delete", "Retain", "ReplaceAndDelete", "ReplaceAndRetain"
	scope       []string
	details     []changeDetail
	before      *definition // the resource before the change; nil when it does not exist
	after       *definition // the resource after the change; nil when the change deletes it
}

// changeDetail is one reason for a change.
type changeDetail struct {
	attribute  string // "Properties", "Metadata", "Tags", "DeletionPolicy", "UpdateReplacePolicy"
	name       string // of the property
	how        string // "Add", "Modify", "Remove"
	recreation string // "Always", "Conditionally", "Never"
	dynamic    bool   // CloudFormation knows the new value only after the update creates a resource
	source     string // "DirectModification", "ParameterReference", "ResourceReference", "ResourceAttribute"
	cause      string // the CausingEntity: the name of a parameter, a logical id, or "LogicalID.Attribute"
	before     any    // the old value; nil without one
	after      any    // the new value; nil without one
}

// comparison finds the changes between a stack and a plan. It resolves all references with a value that is known before
// the update. The id of a new or replaced resource is an unknownValue.
type comparison struct {
	types  kinds
	stack  *stack
	plan   *plan
	scope  scope
	action map[string]change // the changes of the resources compared so far, by logical id
}

// compare returns the changes that a plan makes to a stack. It evaluates the expressions of the plan, so it reports
// their errors before the update changes a resource. The caller holds Service.mu.
func compare(types kinds, st *stack, p *plan) ([]change, error) {
	c := &comparison{types: types, stack: st, plan: p, scope: p.scope, action: map[string]change{}}
	c.scope.resources = c
	var changes []change
	ordered, _ := p.needs.order()
	for _, id := range ordered {
		found, err := c.resource(id)
		if err != nil {
			return nil, err
		}
		c.action[id] = found
		if found.action != "" {
			changes = append(changes, found)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(st.resources)) {
		if _, kept := p.resources[id]; !kept && !st.resources[id].deleted() {
			changes = append(changes, removal(st.resources[id]))
		}
	}
	if _, err := p.evaluateOutputs(&c.scope); err != nil {
		return nil, err
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.logicalID, b.logicalID) })
	return changes, nil
}

func removal(m stackResource) change {
	policy := policyDelete
	if retained(m.policy, false) {
		policy = policyRetain
	}
	return change{
		action: "Remove", logicalID: m.logicalID, physicalID: m.physicalID, kind: m.kind, policy: policy,
		before: &definition{m.properties, nil},
	}
}

// resource compares one resource of the plan with the resource of the stack.
func (c *comparison) resource(id string) (change, error) {
	wanted := c.plan.resources[id]
	value, err := c.scope.evaluate(wanted.Properties)
	if err != nil {
		return change{}, withLogicalID(id, err)
	}
	if err := rejectDynamic(value); err != nil {
		return change{}, withLogicalID(id, err)
	}
	if isCustom(wanted.Type) {
		value = toStrings(value)
		if err := c.types.custom.check(value.(map[string]any)); err != nil {
			return change{}, withLogicalID(id, err)
		}
	}
	properties := value.(map[string]any)
	m, exists := c.stack.resources[id]
	if !exists || m.deleted() {
		return change{
			action: "Add", logicalID: id, kind: wanted.Type, after: &definition{properties, wanted.Metadata},
		}, nil
	}
	if m.kind != wanted.Type {
		return change{}, validation("Update of resource type is not permitted. The new template modifies resource type of "+
			"the following resources: [%s]", id)
	}
	details, err := c.properties(m, wanted, properties)
	if err != nil {
		return change{}, err
	}
	old := c.stack.plan.resources[id]
	details = append(details, attributeDetails(old, wanted)...)
	if t, _ := c.types.find(m.kind); t.hasStackTags() && !maps.Equal(c.stack.plan.tags, c.plan.tags) {
		details = append(details, changeDetail{
			attribute: "Tags", how: "Modify", recreation: "Never", source: "DirectModification",
		})
	}
	if len(details) == 0 {
		return change{physicalID: m.physicalID}, nil
	}
	return modification(m, old, wanted, properties, details), nil
}

// withLogicalID adds the logical id of a resource to an error.
func withLogicalID(id string, err error) error {
	var e *gateway.Error
	if errors.As(err, &e) {
		return validation("%s (logical id %s)", e.Message, id)
	}
	return fmt.Errorf("logical id %s: %w", id, err)
}

func modification(m stackResource, old, wanted plannedResource, properties map[string]any, details []changeDetail) change {
	found := change{
		action: "Modify", logicalID: m.logicalID, physicalID: m.physicalID, kind: m.kind, replacement: "False",
		details: details, before: &definition{m.properties, old.Metadata}, after: &definition{properties, wanted.Metadata},
	}
	for _, d := range details {
		found.scope = append(found.scope, d.attribute)
		switch {
		case d.recreation == "Always":
			found.replacement = "True"
		case d.recreation == "Conditionally" && found.replacement == "False":
			found.replacement = "Conditional"
		}
	}
	slices.Sort(found.scope)
	found.scope = slices.Compact(found.scope)
	if found.replacement == "True" {
		found.policy = "ReplaceAnd" + policyDelete
		if wanted.UpdateReplacePolicy == policyRetain {
			found.policy = "ReplaceAnd" + policyRetain
		}
	}
	return found
}

// properties compares the top-level properties of a resource.
func (c *comparison) properties(m stackResource, wanted plannedResource, after map[string]any) ([]changeDetail, error) {
	before, err := fromJSON(m.properties)
	if err != nil {
		return nil, err
	}
	t, _ := c.types.find(m.kind)
	var details []changeDetail
	for _, name := range changedProperties(before, after) {
		d := changeDetail{
			attribute: "Properties", name: name, how: "Modify", recreation: "Never",
			before: before[name], after: after[name], dynamic: hasUnknown(after[name]),
		}
		switch {
		case d.before == nil:
			d.how = "Add"
		case d.after == nil:
			d.how = "Remove"
		}
		if needsReplacement(t, name) {
			d.recreation = "Always"
			if d.dynamic {
				d.recreation = "Conditionally"
			}
		}
		d.source, d.cause = c.cause(wanted.Properties[name])
		details = append(details, d)
	}
	return details, nil
}

// needsReplacement reports whether a change of a property replaces the resource.
func needsReplacement(t kind, property string) bool {
	return t.Update == nil || slices.Contains(t.CreateOnly, property)
}

// changedProperties returns the names of the top-level properties that differ, sorted.
func changedProperties(before, after map[string]any) []string {
	var changed []string
	for name, value := range after {
		if old, ok := before[name]; !ok || !reflect.DeepEqual(old, value) {
			changed = append(changed, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed
}

// cause returns the source of the change of an expression and the entity that causes it.
func (c *comparison) cause(expression any) (source, cause string) {
	for _, m := range mentions(expression) {
		if c.action[m.name].action != "" {
			if m.isAttribute {
				return "ResourceAttribute", m.name + "." + m.attribute
			}
			return "ResourceReference", m.name
		}
		if value, isParameter := c.plan.scope.parameters[m.name]; isParameter &&
			!reflect.DeepEqual(c.stack.plan.scope.parameters[m.name], value) {
			return "ParameterReference", m.name
		}
	}
	return "DirectModification", ""
}

func attributeDetails(old, wanted plannedResource) []changeDetail {
	var details []changeDetail
	add := func(attribute string, before, after any) {
		if !reflect.DeepEqual(before, after) {
			details = append(details, changeDetail{
				attribute: attribute, how: "Modify", recreation: "Never", source: "DirectModification",
			})
		}
	}
	add("Metadata", old.Metadata, wanted.Metadata)
	add("DeletionPolicy", old.DeletionPolicy, wanted.DeletionPolicy)
	add("UpdateReplacePolicy", old.UpdateReplacePolicy, wanted.UpdateReplacePolicy)
	return details
}

// definition is a resource in the BeforeContext or AfterContext of a change.
type definition struct {
	properties any // the evaluated properties, or their JSON
	metadata   any
}

// text returns the definition as JSON, or an empty text for nil. Only DescribeChangeSet needs it.
func (d *definition) text() (string, error) {
	if d == nil {
		return "", nil
	}
	shown := map[string]any{"Properties": d.properties}
	if d.metadata != nil {
		shown["Metadata"] = d.metadata
	}
	raw, err := toJSON(shown)
	return string(raw), err
}

func (c *comparison) ref(id string) (any, error) {
	a := c.action[id]
	if a.action == "Add" || a.replacement == "True" || a.replacement == "Conditional" {
		return unknownValue{}, nil
	}
	// Any update can give a custom resource another physical id.
	if isCustom(a.kind) && slices.Contains(a.scope, "Properties") {
		return unknownValue{}, nil
	}
	return c.stack.resources[id].physicalID, nil
}

func (c *comparison) attribute(id, name string) (any, error) {
	a := c.action[id]
	if a.action == "Add" || slices.Contains(a.scope, "Properties") || slices.Contains(a.scope, "Tags") {
		return unknownValue{}, nil
	}
	return c.stack.resources[id].attribute(name)
}
