package cloudformation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// run is one running operation on a stack. Its methods hold Service.mu only to read and write the stack, and never
// during a call of a resource type.
type run struct {
	s     *Service
	st    *stack
	ctx   context.Context
	plan  *plan
	scope scope // its references read the current resources of the stack

	// createCtx ends when the operation must not create resources any more. ctx can still update and delete resources.
	createCtx     context.Context
	cancelCreates context.CancelCauseFunc // ends createCtx
	cancel        context.CancelCauseFunc // ends ctx and createCtx
	deleteFollows bool                    // DeleteStack has cancelled this operation; guarded by Service.mu
	done          chan struct{}           // closed when the operation has ended

	// before and beforePlan are the state before the operation. A rollback restores this state.
	before      map[string]stackResource
	beforePlan  *plan
	journal     map[string]step // the steps of the operation so far, by logical id; guarded by Service.mu
	tagsChanged bool
}

// step records what an operation did to one resource.
type step struct {
	how      stepKind
	old, new stackResource
}

type stepKind int

const (
	stepKept stepKind = iota
	stepCreated
	stepUpdated
	stepReplaced
)

// newRun prepares an operation of the principal in ctx. The operation continues after the request in ctx has ended. The
// caller holds s.mu and has set an IN_PROGRESS status.
func (s *Service) newRun(ctx context.Context, st *stack, p *plan) *run {
	r := &run{
		s: s, st: st, plan: p, done: make(chan struct{}),
		before: maps.Clone(st.resources), beforePlan: st.plan, journal: map[string]step{},
	}
	r.ctx, r.cancel = context.WithCancelCause(gateway.WithPrincipal(s.ctx, gateway.PrincipalFrom(ctx)))
	r.createCtx, r.cancelCreates = context.WithCancelCause(r.ctx)
	if p != nil {
		r.scope = p.scope
		r.scope.resources = currentResources{s, st}
	}
	return r
}

// locked calls do with Service.mu held, so do can read and write the stack.
func (r *run) locked(do func()) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	do()
}

func (r *run) put(m stackResource) { r.locked(func() { r.st.put(m) }) }

// setStatus gives the stack a new status, except when DeleteStack follows.
func (r *run) setStatus(status, reason string) {
	r.locked(func() {
		if !r.deleteFollows {
			r.st.setStatus(status, reason)
		}
	})
}

// resolve evaluates the properties of a resource with the current resources of the stack.
func (r *run) resolve(id string) (json.RawMessage, error) {
	value, err := r.scope.evaluate(r.plan.resources[id].Properties)
	if err != nil {
		return nil, err
	}
	if err := rejectDynamic(value); err != nil {
		return nil, err
	}
	if isCustom(r.plan.resources[id].Type) {
		value = toStrings(value)
	}
	return toJSON(value)
}

func (r *run) kind(m stackResource) kind {
	k, _ := r.s.kinds.find(m.kind)
	return k
}

// call calls a function of a resource type. A panic in the function becomes an error of the resource, so the process
// continues.
func call(do func() (resource.Resource, error)) (created resource.Resource, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("bug in the embedded AWS: panic: %v", p)
		}
	}()
	return do()
}

// callCreate creates the resource m. When the creation fails and leaves a resource, m has the physical id of it.
func (r *run) callCreate(m *stackResource) error {
	request := r.st.request(*m, r.plan.tags)
	request.PhysicalID = ""
	created, err := call(func() (resource.Resource, error) { return r.kind(*m).Create(r.createCtx, request) })
	m.physicalID, m.attributes = created.PhysicalID, nil
	if err != nil {
		return err
	}
	if created.PhysicalID == "" {
		return fmt.Errorf("bug in the embedded AWS: the create of %s returned no physical id", m.kind)
	}
	m.attributes, err = plainAttributes(created.Attributes)
	return err
}

// callUpdate updates the resource m from the previous properties to m.properties. The update of a custom resource can
// return another physical id, also with an error. Then m has the new id.
func (r *run) callUpdate(m *stackResource, previous json.RawMessage, tags map[string]string) error {
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
		return fmt.Errorf("bug in the embedded AWS: the update of %s returned another physical id, %s instead of %s",
			m.kind, altered.PhysicalID, m.physicalID)
	}
	if altered.Attributes != nil {
		m.attributes, err = plainAttributes(altered.Attributes)
	}
	return err
}

// plainAttributes converts attributes to the JSON types that the values of a template have.
func plainAttributes(attributes map[string]any) (map[string]any, error) {
	raw, err := toJSON(attributes)
	if err != nil {
		return nil, err
	}
	return fromJSON(raw)
}

// create creates the resources of a new stack. The stack ends in CREATE_COMPLETE. After a failure and the rollback, it
// ends in ROLLBACK_COMPLETE or ROLLBACK_FAILED.
func (r *run) create() {
	failed := r.plan.needs.walk(false, r.createResource)
	if len(failed) > 0 {
		r.rollbackCreate(fmt.Sprintf("The following resource(s) failed to create: [%s]. Rollback requested by user.",
			names(failed)))
		return
	}
	if err := r.setOutputs(); err != nil {
		r.rollbackCreate(err.Message + " Rollback requested by user.")
		return
	}
	r.setStatus(createComplete, "")
}

func (r *run) createResource(id string) error {
	if err := r.stopCause(); err != nil {
		return err
	}
	wanted := r.plan.resources[id]
	m := stackResource{
		logicalID: id, kind: wanted.Type, needs: wanted.needs, policy: wanted.DeletionPolicy, status: createInProgress,
	}
	var err error
	m.properties, err = r.resolve(id)
	r.put(m)
	if err == nil {
		err = r.callCreate(&m)
	}
	m.status = createComplete
	if err != nil {
		m.status, m.reason = createFailed, r.failureReason(err, "Resource creation cancelled")
	}
	r.locked(func() {
		r.journal[id] = step{how: stepCreated, new: m}
		r.st.put(m)
	})
	return err
}

func (r *run) rollbackCreate(reason string) {
	if !r.beginRollback(createFailed, rollbackInProgress, reason) {
		return
	}
	if failed := r.remove(r.present(), true, r.put); len(failed) > 0 {
		r.setStatus(rollbackFailed, fmt.Sprintf("The following resource(s) failed to delete: [%s].", names(failed)))
		return
	}
	r.setStatus(rollbackComplete, "")
}

// setOutputs evaluates the outputs and stores them, the plan and the description in the stack.
func (r *run) setOutputs() *gateway.Error {
	outputs, err := r.plan.evaluateOutputs(&r.scope)
	if err != nil {
		return validation("%v", err)
	}
	r.locked(func() {
		if !r.deleteFollows {
			r.st.outputs, r.st.plan, r.st.description = outputs, r.plan, r.plan.template.description
		}
	})
	return nil
}
