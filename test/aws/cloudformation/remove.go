package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/resource"
)

// delete deletes all resources of a stack except those in retain. The stack ends in DELETE_COMPLETE or DELETE_FAILED.
func (r *run) delete(retain []string) {
	var leftovers []stackResource
	r.locked(func() { leftovers = slices.Clone(r.st.leftovers) })
	failed := r.remove(leftovers, true, func(m stackResource) {
		r.locked(func() {
			r.st.recordResource(m)
			if m.deleted() {
				r.st.leftovers = slices.DeleteFunc(r.st.leftovers, func(l stackResource) bool { return l.logicalID == m.logicalID })
			}
		})
	})
	present := r.present()
	for i := range present {
		if slices.Contains(retain, present[i].logicalID) {
			present[i].policy = policyRetain
		}
	}
	maps.Copy(failed, r.remove(present, false, r.put))
	if len(failed) > 0 {
		r.setStatus(deleteFailed, fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", names(failed)))
		return
	}
	r.locked(func() {
		r.st.setStatus(deleteComplete, "")
		r.st.deleted = r.st.events[len(r.st.events)-1].at
		r.st.outputs, r.st.changeSets = nil, nil
		if r.s.byName[r.st.name] == r.st {
			delete(r.s.byName, r.st.name)
		}
	})
}

// present lists the resources of the stack that exist.
func (r *run) present() []stackResource {
	var all []stackResource
	r.locked(func() {
		for _, id := range slices.Sorted(maps.Keys(r.st.resources)) {
			if m := r.st.resources[id]; !m.deleted() {
				all = append(all, m)
			}
		}
	})
	return all
}

// remove deletes resources and calls put for each new status. It deletes a resource before the resources that it needs,
// and keeps resources that their policy retains. justCreated means that the failed operation created the resources. When
// a resource cannot be deleted, remove does not try to delete the resources that it needs. It returns the errors by
// logical id.
func (r *run) remove(all []stackResource, justCreated bool, put func(stackResource)) map[string]error {
	byID, needs := map[string]stackResource{}, graph{}
	for _, m := range all {
		byID[m.logicalID] = m
		needs[m.logicalID] = m.needs
	}
	needs = needs.filter(func(id string) bool { _, ok := byID[id]; return ok })
	return needs.reversed().walk(true, func(id string) error {
		if err := r.stopCause(); err != nil {
			return err
		}
		m := byID[id]
		m.reason = ""
		if retained(m.policy, justCreated) && m.status != createFailed {
			m.status = deleteSkipped
			put(m)
			return nil
		}
		m.status = deleteInProgress
		put(m)
		var err error
		if m.physicalID != "" {
			_, err = call(func() (resource.Resource, error) {
				return resource.Resource{}, r.kind(m).Delete(r.ctx, r.st.request(m, r.tags()))
			})
		}
		m.status = deleteComplete
		if err != nil {
			m.status, m.reason = deleteFailed, r.failureReason(err, "")
		}
		put(m)
		return err
	})
}

// tags are the tags of the stack.
func (r *run) tags() map[string]string {
	switch {
	case r.plan != nil:
		return r.plan.tags
	case r.beforePlan != nil:
		return r.beforePlan.tags
	}
	return nil
}

// retained reports whether a policy keeps a resource.
func retained(policy string, justCreated bool) bool {
	return policy == policyRetain || policy == policyRetainExceptOnCreate && !justCreated
}

func names(failed map[string]error) string {
	return strings.Join(slices.Sorted(maps.Keys(failed)), ", ")
}
