package cloudformation

import "github.com/oralake/oralake/test/aws/gateway"

// publish makes the plan's outputs the stack's, unless another stack exports the same name or imports what would
// change.
func (r *run) publish() *gateway.Error {
	outputs, err := r.plan.evaluateOutputs(&r.scope)
	if err != nil {
		return validation("%v", err)
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.overtook {
		return nil // a stack that is being deleted publishes nothing
	}
	exports := map[string]string{}
	for _, o := range outputs {
		if o.export == "" {
			continue
		}
		if _, twice := exports[o.export]; twice {
			return validation("Template error: two outputs export the name %s.", o.export)
		}
		if _, from := r.s.export(o.export); from != nil && from != r.st {
			return validation("Export with name %s is already exported by stack %s.", o.export, from.name)
		}
		exports[o.export] = o.value
	}
	for _, o := range r.st.outputs {
		value, kept := exports[o.export]
		importer := r.s.importer(r.st, o.export)
		switch {
		case o.export == "" || importer == nil || kept && value == o.value:
		case kept:
			return validation("Cannot update export %s as it is in use by %s.", o.export, importer.name)
		default:
			return validation("Cannot delete export %s as it is in use by %s.", o.export, importer.name)
		}
	}
	r.st.outputs, r.st.plan, r.st.description = outputs, r.plan, r.plan.template.description
	return nil
}
