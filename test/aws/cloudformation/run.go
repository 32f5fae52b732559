package cloudformation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// run is one operation on a stack while it goes on. Its methods hold Service.mu only to read and write the stack, never
// while a resource type works.
type run struct {
	s     *Service
	st    *stack
	ctx   context.Context
	plan  *plan
	scope scope // with the stack's live resources

	// making is done when new resources are not wanted any more, though others may still be changed and removed in ctx.
	making   context.Context
	giveUp   context.CancelCauseFunc // ends making
	cancel   context.CancelCauseFunc // ends ctx and with it making
	overtook bool                    // DeleteStack goes on in place of this run; guarded by Service.mu
	over     chan struct{}           // closed when nothing of the run goes on

	// What the stack was before, to return to when an update fails.
	before      map[string]managed
	beforePlan  *plan
	journal     map[string]step // what an update did so far; guarded by Service.mu
	tagsChanged bool
}

// step is what an update did to one resource.
type step struct {
	how      stepKind
	old, new managed
}

type stepKind int

const (
	stepKept stepKind = iota
	stepCreated
	stepUpdated
	stepReplaced
)

// newRun prepares an operation that outlives the request in ctx, in the name of the same principal. The caller holds
// s.mu and has made the stack busy.
func (s *Service) newRun(ctx context.Context, st *stack, p *plan) *run {
	r := &run{
		s: s, st: st, plan: p, over: make(chan struct{}),
		before: maps.Clone(st.resources), beforePlan: st.plan, journal: map[string]step{},
	}
	r.ctx, r.cancel = context.WithCancelCause(gateway.WithPrincipal(s.life, gateway.PrincipalFrom(ctx)))
	r.making, r.giveUp = context.WithCancelCause(r.ctx)
	if p != nil {
		r.scope = p.scope
		r.scope.resources = live{s, st}
	}
	return r
}

// locked runs do while the stack may be read and written.
func (r *run) locked(do func()) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	do()
}

func (r *run) show(m managed) { r.locked(func() { r.st.put(m) }) }

// become gives the stack a new status, unless it is being deleted in the meantime.
func (r *run) become(status, reason string) {
	r.locked(func() {
		if !r.overtook {
			r.st.become(status, reason)
		}
	})
}

// resolve evaluates the properties of a resource with what exists now.
func (r *run) resolve(id string) (json.RawMessage, error) {
	value, err := r.scope.evaluate(r.plan.resources[id].Properties)
	if err != nil {
		return nil, err
	}
	if err := refuseDynamic(value); err != nil {
		return nil, err
	}
	if isCustom(r.plan.resources[id].Type) {
		value = texts(value)
	}
	return toJSON(value)
}

func (r *run) kind(m managed) kind {
	k, _ := r.s.kinds.find(m.kind)
	return k
}

// call runs a function of a resource type. A panic in it fails the resource, not the whole cloud.
func call(do func() (resource.Resource, error)) (made resource.Resource, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the embedded AWS failed: panic: %v", p)
		}
	}()
	return do()
}

// make creates m's resource. After a failure m has the physical id of what was left behind, if there is any.
func (r *run) make(m *managed) error {
	request := r.st.request(*m, r.plan.tags)
	request.PhysicalID = ""
	made, err := call(func() (resource.Resource, error) { return r.kind(*m).Create(r.making, request) })
	m.physicalID, m.attributes = made.PhysicalID, nil
	if err != nil {
		return err
	}
	if made.PhysicalID == "" {
		return fmt.Errorf("the embedded AWS failed: %s gave no physical id", m.kind)
	}
	m.attributes, err = plainAttributes(made.Attributes)
	return err
}

// alter updates m's resource in place to m.properties from previous. Behind a custom resource there may be another one
// after it, even after a failure: then m has its physical id.
func (r *run) alter(m *managed, previous json.RawMessage, tags map[string]string) error {
	request := r.st.request(*m, tags)
	request.Previous = previous
	altered, err := call(func() (resource.Resource, error) { return r.kind(*m).Update(r.ctx, request) })
	if altered.PhysicalID != "" && r.kind(*m).custom {
		m.physicalID = altered.PhysicalID
	}
	if err != nil {
		return err
	}
	if altered.PhysicalID != "" && altered.PhysicalID != m.physicalID {
		return fmt.Errorf("the embedded AWS failed: the update of %s gave another physical id, %s instead of %s",
			m.kind, altered.PhysicalID, m.physicalID)
	}
	if altered.Attributes != nil {
		m.attributes, err = plainAttributes(altered.Attributes)
	}
	return err
}

// plainAttributes brings attributes to the types that JSON has, as the values of a template have them.
func plainAttributes(attributes map[string]any) (map[string]any, error) {
	raw, err := toJSON(attributes)
	if err != nil {
		return nil, err
	}
	return fromJSON(raw)
}

// create carries out a plan on an empty stack, and ends in CREATE_COMPLETE or, rolled back, in ROLLBACK_COMPLETE.
func (r *run) create() {
	failed := r.plan.needs.walk(false, r.createResource)
	if len(failed) > 0 {
		r.rollbackCreate(fmt.Sprintf("The following resource(s) failed to create: [%s]. Rollback requested by user.",
			names(failed)))
		return
	}
	if err := r.publish(); err != nil {
		r.rollbackCreate(err.Message + " Rollback requested by user.")
		return
	}
	r.become(createComplete, "")
}

func (r *run) createResource(id string) error {
	if err := r.ended(); err != nil {
		return err
	}
	wanted := r.plan.resources[id]
	m := managed{
		logicalID: id, kind: wanted.Type, needs: wanted.needs, policy: wanted.DeletionPolicy, status: createInProgress,
	}
	var err error
	m.properties, err = r.resolve(id)
	r.show(m)
	if err == nil {
		err = r.make(&m)
	}
	m.status = createComplete
	if err != nil {
		m.status, m.reason = createFailed, r.why(err, "Resource creation cancelled")
	}
	r.locked(func() {
		r.journal[id] = step{how: stepCreated, new: m}
		r.st.put(m)
	})
	return err
}

func (r *run) rollbackCreate(reason string) {
	if !r.turnBack(createFailed, rollbackInProgress, reason) {
		return
	}
	if failed := r.remove(r.present(), true, r.show); len(failed) > 0 {
		r.become(rollbackFailed, fmt.Sprintf("The following resource(s) failed to delete: [%s].", names(failed)))
		return
	}
	r.become(rollbackComplete, "")
}

// publish makes the plan's outputs the stack's.
func (r *run) publish() *gateway.Error {
	outputs, err := r.plan.evaluateOutputs(&r.scope)
	if err != nil {
		return validation("%v", err)
	}
	r.locked(func() {
		if !r.overtook { // a stack that is being deleted publishes nothing
			r.st.outputs, r.st.plan, r.st.description = outputs, r.plan, r.plan.template.description
		}
	})
	return nil
}
