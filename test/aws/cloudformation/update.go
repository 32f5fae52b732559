package cloudformation

import (
	"fmt"
	"maps"
	"slices"
)

// update updates a stack to the plan. The stack ends in UPDATE_COMPLETE. After a failure and the rollback, it ends in
// UPDATE_ROLLBACK_COMPLETE or UPDATE_ROLLBACK_FAILED.
func (r *run) update() {
	r.tagsChanged = !maps.Equal(r.beforePlan.tags, r.plan.tags)
	failed := r.plan.needs.walk(false, r.updateResource)
	if len(failed) > 0 {
		r.rollbackUpdate(fmt.Sprintf("The following resource(s) failed to %s: [%s]. ", r.verb(failed), names(failed)))
		return
	}
	if err := r.setOutputs(); err != nil {
		r.rollbackUpdate(err.Message)
		return
	}
	r.setStatus(updateCompleteCleanupInProgress, "")
	r.remove(r.obsolete(), false, r.putCleanup)
	r.setStatus(updateComplete, "")
}

// verb returns "update" when an existing resource failed, and "create" when only new resources failed.
func (r *run) verb(failed map[string]error) string {
	for id := range failed {
		if m, existed := r.before[id]; existed && !m.deleted() {
			return "update"
		}
	}
	return "create"
}

// updateResource creates, updates, replaces or keeps one resource, as the plan needs.
func (r *run) updateResource(id string) error {
	if err := r.stopCause(); err != nil {
		return err
	}
	old, exists := r.before[id]
	if !exists || old.deleted() {
		return r.createResource(id)
	}
	wanted := r.plan.resources[id]
	m := old
	m.needs, m.policy, m.reason = wanted.needs, wanted.DeletionPolicy, ""
	properties, err := r.resolve(id)
	var replace, update bool
	if err == nil {
		m.properties = properties
		replace, update, err = r.neededUpdate(old, m)
	}
	switch {
	case err != nil:
		r.recordStep(step{how: stepKept, old: old, new: m})
		return r.endUpdate(m, err)
	case replace:
		return r.replaceResource(old, m)
	case !update:
		r.locked(func() {
			r.journal[id] = step{how: stepKept, old: old, new: m}
			r.st.resources[id] = m
		})
		return nil
	}
	m.status = updateInProgress
	r.put(m)
	// The journal has the update before it starts, because a failed update can change the resource too. The rollback must
	// restore the old properties then.
	r.recordStep(step{how: stepUpdated, old: old, new: m})
	err = r.callUpdate(&m, old.properties, r.plan.tags)
	if m.physicalID != old.physicalID {
		r.recordReplacement(old, &m, err)
	}
	return r.endUpdate(m, err)
}

// recordReplacement records in the journal that the new resource m replaces old. With an error, the new resource failed:
// the journal has it as CREATE_FAILED, and m gets the physical id and attributes of old.
func (r *run) recordReplacement(old stackResource, m *stackResource, err error) {
	created := *m
	created.status = createComplete
	if err != nil {
		created.status = createFailed
		m.physicalID, m.attributes = old.physicalID, old.attributes
	}
	r.recordStep(step{how: stepReplaced, old: old, new: created})
}

// neededUpdate reports whether the new properties and tags need a replacement or an update in place.
func (r *run) neededUpdate(old, m stackResource) (replace, update bool, err error) {
	before, err := fromJSON(old.properties)
	if err != nil {
		return false, false, err
	}
	after, err := fromJSON(m.properties)
	if err != nil {
		return false, false, err
	}
	t := r.kind(m)
	changed := changedProperties(before, after)
	if t.custom {
		if err := checkCustomUpdate(before, after); err != nil {
			return false, false, err
		}
	}
	replace = slices.ContainsFunc(changed, func(name string) bool { return needsReplacement(t, name) })
	return replace, len(changed) > 0 || r.tagsChanged && t.hasStackTags(), nil
}

func (r *run) replaceResource(old, m stackResource) error {
	m.status = updateInProgress
	m.reason = "Requested update requires the creation of a new physical resource; hence creating one."
	r.put(m)
	m.reason = ""
	err := r.callCreate(&m)
	if err == nil && m.physicalID == old.physicalID {
		err = validation("CloudFormation cannot update a stack when a custom-named resource requires replacing. "+
			"Rename %s and update the stack again.", old.physicalID)
	}
	r.recordReplacement(old, &m, err)
	return r.endUpdate(m, err)
}

func (r *run) recordStep(s step) { r.locked(func() { r.journal[s.new.logicalID] = s }) }

// endUpdate stores the final status of the update of a resource and returns its error.
func (r *run) endUpdate(m stackResource, err error) error {
	m.status = updateComplete
	if err != nil {
		m.status, m.reason = updateFailed, r.failureReason(err, "Resource update cancelled")
	}
	r.put(m)
	return err
}

// obsolete lists the resources that a successful update must delete: resources that are not in the plan, and the old
// resources of replacements.
func (r *run) obsolete() []stackResource {
	var all []stackResource
	for _, id := range slices.Sorted(maps.Keys(r.before)) {
		old := r.before[id]
		wanted, kept := r.plan.resources[id]
		switch {
		case old.deleted():
		case !kept:
			all = append(all, old)
		case r.journal[id].how == stepReplaced:
			old.policy = wanted.UpdateReplacePolicy
			all = append(all, old)
		}
	}
	return all
}

// putCleanup records the status of a resource during the cleanup. At the end, it removes the resource from the stack. As
// in CloudFormation, a resource that cannot be deleted remains and no longer belongs to a stack.
func (r *run) putCleanup(m stackResource) {
	r.locked(func() {
		r.st.recordResource(m)
		current, exists := r.st.resources[m.logicalID]
		if exists && current.physicalID == m.physicalID && m.status != deleteInProgress {
			delete(r.st.resources, m.logicalID)
		}
	})
}

// rollbackUpdate reverts an update. First it restores the old properties of every resource, then it deletes the
// resources that the update created.
func (r *run) rollbackUpdate(reason string) {
	if !r.beginRollback(updateFailed, updateRollbackInProgress, reason) {
		return
	}
	needs := graph{}
	for id, s := range r.journal {
		if s.how != stepCreated {
			needs[id] = s.old.needs
		}
	}
	needs = needs.filter(func(id string) bool { _, ok := needs[id]; return ok })
	failed := needs.walk(true, r.restore)
	created := r.createdResources()
	if len(failed) > 0 {
		r.locked(func() {
			for _, m := range created {
				if r.st.resources[m.logicalID].physicalID != m.physicalID {
					r.st.leftovers = append(r.st.leftovers, m)
				}
			}
			r.st.setStatus(updateRollbackFailed, fmt.Sprintf("The following resource(s) failed to update: [%s]. ", names(failed)))
		})
		return
	}
	r.setStatus(updateRollbackCompleteCleanupInProgress, "")
	r.remove(created, true, r.putCleanup)
	r.setStatus(updateRollbackComplete, "")
}

// createdResources lists the resources that the update created.
func (r *run) createdResources() []stackResource {
	var all []stackResource
	for _, id := range slices.Sorted(maps.Keys(r.journal)) {
		s := r.journal[id]
		replaced := s.how == stepReplaced && s.new.physicalID != "" && s.new.physicalID != s.old.physicalID
		if s.how == stepCreated || replaced {
			all = append(all, s.new)
		}
	}
	return all
}

// restore reverts one resource to its state before the update.
func (r *run) restore(id string) error {
	if err := r.stopCause(); err != nil {
		return err
	}
	var s step
	r.locked(func() { s = r.journal[id] })
	m := s.old
	switch s.how {
	case stepReplaced:
		return r.endUpdate(m, nil)
	case stepUpdated:
		m.status, m.reason = updateInProgress, ""
		r.put(m)
		err := r.callUpdate(&m, s.new.properties, r.beforePlan.tags)
		switch {
		case m.physicalID == s.old.physicalID:
		case err != nil:
			r.recordReplacement(s.old, &m, err)
		default:
			// The rollback created the resource m, which the stack keeps. The cleanup deletes the resource from before.
			r.recordStep(step{how: stepReplaced, old: m, new: s.old})
		}
		return r.endUpdate(m, err)
	default:
		r.locked(func() { r.st.resources[id] = m })
		return nil
	}
}
