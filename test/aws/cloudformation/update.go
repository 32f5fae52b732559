package cloudformation

import (
	"fmt"
	"maps"
	"slices"
)

// update brings a stack from what it is to the plan, and ends in UPDATE_COMPLETE or, rolled back, in
// UPDATE_ROLLBACK_COMPLETE.
func (r *run) update() {
	r.tagsChanged = !maps.Equal(r.beforePlan.tags, r.plan.tags)
	failed := r.plan.needs.walk(false, r.updateResource)
	if len(failed) > 0 {
		r.rollbackUpdate(fmt.Sprintf("The following resource(s) failed to %s: [%s]. ", r.verb(failed), names(failed)))
		return
	}
	if err := r.publish(); err != nil {
		r.rollbackUpdate(err.Message)
		return
	}
	r.become(updateCompleteCleanupInProgress, "")
	r.remove(r.superseded(), false, r.showCleanup)
	r.become(updateComplete, "")
}

// verb says what failed: creating new resources, or updating.
func (r *run) verb(failed map[string]error) string {
	for id := range failed {
		if m, existed := r.before[id]; existed && !m.gone() {
			return "update"
		}
	}
	return "create"
}

// updateResource brings one resource to the plan.
func (r *run) updateResource(id string) error {
	if err := r.ended(); err != nil {
		return err
	}
	old, exists := r.before[id]
	if !exists || old.gone() {
		return r.createResource(id)
	}
	wanted := r.plan.resources[id]
	m := old
	m.needs, m.policy, m.reason = wanted.needs, wanted.DeletionPolicy, ""
	properties, err := r.resolve(id)
	var replace, update bool
	if err == nil {
		m.properties = properties
		replace, update, err = r.decide(old, m)
	}
	switch {
	case err != nil:
		r.did(step{how: stepKept, old: old, new: m})
		return r.settle(m, err)
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
	r.show(m)
	// Noted first: even an update that fails may have changed something, and a rollback must take it back.
	r.did(step{how: stepUpdated, old: old, new: m})
	err = r.alter(&m, old.properties, r.plan.tags)
	if m.physicalID != old.physicalID {
		r.replaced(old, &m, err)
	}
	return r.settle(m, err)
}

// replaced notes that m is a new resource in old's place, or, when err says that it could not be made, beside it: then
// m becomes the old resource again.
func (r *run) replaced(old managed, m *managed, err error) {
	made := *m
	made.status = createComplete
	if err != nil {
		made.status = createFailed
		m.physicalID, m.attributes = old.physicalID, old.attributes
	}
	r.did(step{how: stepReplaced, old: old, new: made})
}

// decide tells whether new properties need a new resource, or an update in place, or nothing.
func (r *run) decide(old, m managed) (replace, update bool, err error) {
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
	return replace, len(changed) > 0 || r.tagsChanged && t.tagged(), nil
}

func (r *run) replaceResource(old, m managed) error {
	m.status = updateInProgress
	m.reason = "Requested update requires the creation of a new physical resource; hence creating one."
	r.show(m)
	m.reason = ""
	err := r.make(&m)
	if err == nil && m.physicalID == old.physicalID {
		err = validation("CloudFormation cannot update a stack when a custom-named resource requires replacing. "+
			"Rename %s and update the stack again.", old.physicalID)
	}
	r.replaced(old, &m, err)
	return r.settle(m, err)
}

func (r *run) did(s step) { r.locked(func() { r.journal[s.new.logicalID] = s }) }

// settle shows how the update of a resource ended, and returns its error.
func (r *run) settle(m managed, err error) error {
	m.status = updateComplete
	if err != nil {
		m.status, m.reason = updateFailed, r.why(err, "Resource update cancelled")
	}
	r.show(m)
	return err
}

// superseded lists what a successful update leaves to be removed: resources that the plan has no more, and the old
// ones of those that were replaced.
func (r *run) superseded() []managed {
	var all []managed
	for _, id := range slices.Sorted(maps.Keys(r.before)) {
		old := r.before[id]
		wanted, kept := r.plan.resources[id]
		switch {
		case old.gone():
		case !kept:
			all = append(all, old)
		case r.journal[id].how == stepReplaced:
			old.policy = wanted.UpdateReplacePolicy
			all = append(all, old)
		}
	}
	return all
}

// showCleanup writes the event of a resource that is being removed, and forgets it when that is over. One that cannot
// be removed stays behind without a stack, as in CloudFormation.
func (r *run) showCleanup(m managed) {
	r.locked(func() {
		r.st.recordResource(m)
		current, exists := r.st.resources[m.logicalID]
		if exists && current.physicalID == m.physicalID && m.status != deleteInProgress {
			delete(r.st.resources, m.logicalID)
		}
	})
}

// rollbackUpdate takes back what an update did: first every resource gets its old properties again, then what the
// update made is removed.
func (r *run) rollbackUpdate(reason string) {
	if !r.turnBack(updateFailed, updateRollbackInProgress, reason) {
		return
	}
	needs := graph{}
	for id, s := range r.journal {
		if s.how != stepCreated {
			needs[id] = s.old.needs
		}
	}
	needs = needs.only(func(id string) bool { _, ok := needs[id]; return ok })
	failed := needs.walk(true, r.restore)
	made := r.made()
	if len(failed) > 0 {
		r.locked(func() {
			for _, m := range made {
				if r.st.resources[m.logicalID].physicalID != m.physicalID {
					r.st.leftovers = append(r.st.leftovers, m)
				}
			}
			r.st.become(updateRollbackFailed, fmt.Sprintf("The following resource(s) failed to update: [%s]. ", names(failed)))
		})
		return
	}
	r.become(updateRollbackCompleteCleanupInProgress, "")
	r.remove(made, true, r.showCleanup)
	r.become(updateRollbackComplete, "")
}

// made lists the resources that the update made.
func (r *run) made() []managed {
	var all []managed
	for _, id := range slices.Sorted(maps.Keys(r.journal)) {
		s := r.journal[id]
		replaced := s.how == stepReplaced && s.new.physicalID != "" && s.new.physicalID != s.old.physicalID
		if s.how == stepCreated || replaced {
			all = append(all, s.new)
		}
	}
	return all
}

// restore brings one resource back to what it was before the update.
func (r *run) restore(id string) error {
	if err := r.ended(); err != nil {
		return err
	}
	var s step
	r.locked(func() { s = r.journal[id] })
	m := s.old
	switch s.how {
	case stepReplaced:
		return r.settle(m, nil)
	case stepUpdated:
		m.status, m.reason = updateInProgress, ""
		r.show(m)
		err := r.alter(&m, s.new.properties, r.beforePlan.tags)
		switch {
		case m.physicalID == s.old.physicalID:
		case err != nil:
			r.replaced(s.old, &m, err)
		default:
			// What the rollback made stays, and what was there before goes.
			r.did(step{how: stepReplaced, old: m, new: s.old})
		}
		return r.settle(m, err)
	default:
		r.locked(func() { r.st.resources[id] = m })
		return nil
	}
}
