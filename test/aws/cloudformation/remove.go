package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/resource"
)

// delete removes everything that a stack has, and ends in DELETE_COMPLETE or DELETE_FAILED. The resources named in
// retain stay.
func (r *run) delete(retain []string) {
	var leftovers []managed
	r.locked(func() { leftovers = slices.Clone(r.st.leftovers) })
	failed := r.remove(leftovers, true, func(m managed) {
		r.locked(func() {
			r.st.recordResource(m)
			if m.gone() {
				r.st.leftovers = slices.DeleteFunc(r.st.leftovers, func(l managed) bool { return l.logicalID == m.logicalID })
			}
		})
	})
	present := r.present()
	for i := range present {
		if slices.Contains(retain, present[i].logicalID) {
			present[i].policy = policyRetain
		}
	}
	maps.Copy(failed, r.remove(present, false, r.show))
	if len(failed) > 0 {
		r.become(deleteFailed, fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", names(failed)))
		return
	}
	r.locked(func() {
		r.st.become(deleteComplete, "")
		r.st.deleted = r.st.events[len(r.st.events)-1].at
		r.st.outputs, r.st.changeSets = nil, nil
		if r.s.byName[r.st.name] == r.st {
			delete(r.s.byName, r.st.name)
		}
	})
}

// present lists the resources that the stack has.
func (r *run) present() []managed {
	var all []managed
	r.locked(func() {
		for _, id := range slices.Sorted(maps.Keys(r.st.resources)) {
			if m := r.st.resources[id]; !m.gone() {
				all = append(all, m)
			}
		}
	})
	return all
}

// remove deletes resources, each before those that it needs, and shows each new status. What its policy retains stays;
// justCreated says that the operation being undone made the resources. What others that cannot be deleted need is not
// tried.
func (r *run) remove(all []managed, justCreated bool, show func(managed)) map[string]error {
	byID, needs := map[string]managed{}, graph{}
	for _, m := range all {
		byID[m.logicalID] = m
		needs[m.logicalID] = m.needs
	}
	needs = needs.only(func(id string) bool { _, ok := byID[id]; return ok })
	return needs.reversed().walk(true, func(id string) error {
		if err := r.ended(); err != nil {
			return err
		}
		m := byID[id]
		m.reason = ""
		if retained(m.policy, justCreated) && m.status != createFailed {
			m.status = deleteSkipped
			show(m)
			return nil
		}
		m.status = deleteInProgress
		show(m)
		var err error
		if m.physicalID != "" {
			_, err = call(func() (resource.Resource, error) {
				return resource.Resource{}, r.kind(m).Delete(r.ctx, r.st.request(m, r.tags()))
			})
		}
		m.status = deleteComplete
		if err != nil {
			m.status, m.reason = deleteFailed, r.why(err, "")
		}
		show(m)
		return err
	})
}

// tags are the stack's own tags.
func (r *run) tags() map[string]string {
	switch {
	case r.plan != nil:
		return r.plan.tags
	case r.beforePlan != nil:
		return r.beforePlan.tags
	}
	return nil
}

// retained tells whether a policy keeps a resource.
func retained(policy string, justCreated bool) bool {
	return policy == policyRetain || policy == policyRetainExceptOnCreate && !justCreated
}

func names(failed map[string]error) string {
	return strings.Join(slices.Sorted(maps.Keys(failed)), ", ")
}
