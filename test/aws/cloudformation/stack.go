package cloudformation

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// stack is one stack. Service.mu guards all fields.
type stack struct {
	id, name       string
	status, reason string
	created        time.Time
	updated        time.Time // zero before the first update
	deleted        time.Time // zero before DELETE_COMPLETE

	plan         *plan // the plan of the last successful deployment; nil in REVIEW_IN_PROGRESS
	description  string
	capabilities []string
	roleARN      string
	outputs      []output
	resources    map[string]stackResource
	// leftovers are new resources that remain after a failed rollback. DeleteStack deletes them.
	leftovers  []stackResource
	changeSets []*changeSet
	executing  *changeSet // the change set in EXECUTE_IN_PROGRESS, or nil
	run        *run       // the latest operation, running or ended; nil before the first

	events    []event // oldest first
	operation string  // the id of the latest operation; its events have this id
	token     string  // the ClientRequestToken of that operation
}

// stackResource is a resource of a stack with its current status. A status change stores a new value in the stack, so an
// update can keep the old values for a rollback.
type stackResource struct {
	logicalID  string
	physicalID string
	kind       string // the resource type
	status     string
	reason     string
	changed    time.Time
	properties json.RawMessage // the evaluated properties
	attributes map[string]any
	needs      []string
	policy     string // DeletionPolicy
}

// output is one output of a stack.
type output struct{ key, value, description string }

// event is one stack event.
type event struct {
	id, operation, token          string
	logicalID, physicalID, kind   string
	status, reason, propertiesRaw string
	at                            time.Time
}

const stackKind = "AWS::CloudFormation::Stack"

// The statuses of stacks and resources.
const (
	reviewInProgress                        = "REVIEW_IN_PROGRESS"
	createInProgress                        = "CREATE_IN_PROGRESS"
	createComplete                          = "CREATE_COMPLETE"
	createFailed                            = "CREATE_FAILED"
	rollbackInProgress                      = "ROLLBACK_IN_PROGRESS"
	rollbackComplete                        = "ROLLBACK_COMPLETE"
	rollbackFailed                          = "ROLLBACK_FAILED"
	updateInProgress                        = "UPDATE_IN_PROGRESS"
	updateComplete                          = "UPDATE_COMPLETE"
	updateFailed                            = "UPDATE_FAILED"
	updateCompleteCleanupInProgress         = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	updateRollbackInProgress                = "UPDATE_ROLLBACK_IN_PROGRESS"
	updateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	updateRollbackComplete                  = "UPDATE_ROLLBACK_COMPLETE"
	updateRollbackFailed                    = "UPDATE_ROLLBACK_FAILED"
	deleteInProgress                        = "DELETE_IN_PROGRESS"
	deleteComplete                          = "DELETE_COMPLETE"
	deleteFailed                            = "DELETE_FAILED"
	deleteSkipped                           = "DELETE_SKIPPED"
)

const userInitiated = "User Initiated"

func (m stackResource) deleted() bool { return m.status == deleteComplete || m.status == deleteSkipped }

// busy reports whether an operation runs.
func (st *stack) busy() bool {
	return strings.HasSuffix(st.status, "_IN_PROGRESS") && st.status != reviewInProgress
}

// updatable reports whether an update may start.
func (st *stack) updatable() bool {
	return st.status == createComplete || st.status == updateComplete || st.status == updateRollbackComplete
}

// newStack makes an empty stack. No request can find it before add.
func (s *Service) newStack(name string) *stack {
	return &stack{
		id:   s.account.ARN("cloudformation", "stack/"+name+"/"+uuid.NewString()),
		name: name, created: time.Now(), resources: map[string]stackResource{},
	}
}

// add stores a new stack. The error is AlreadyExistsException when the name is in use. The caller holds s.mu.
func (s *Service) add(st *stack) error {
	if s.byName[st.name] != nil {
		return gateway.Errorf("AlreadyExistsException", "Stack [%s] already exists", st.name)
	}
	s.stacks = append(s.stacks, st)
	s.byID[st.id] = st
	s.byName[st.name] = st
	return nil
}

// beginOperation starts an operation with a new id. The events of the operation have this id and the token.
func (st *stack) beginOperation(token string) {
	st.operation = uuid.NewString()
	st.token = token
}

// setStatus gives a stack a new status and records the event. When the operation has ended, the executing change set
// ends too.
func (st *stack) setStatus(status, reason string) {
	st.status, st.reason = status, reason
	if st.executing != nil && !st.busy() {
		st.executing.execution = "EXECUTE_FAILED"
		if status == createComplete || status == updateComplete {
			st.executing.execution = "EXECUTE_COMPLETE"
		}
		st.executing = nil
	}
	st.record(event{logicalID: st.name, physicalID: st.id, kind: stackKind, status: status, reason: reason})
}

// record adds an event. Clients sort events by their timestamps in milliseconds. So each event gets a later timestamp
// than the event before.
func (st *stack) record(e event) {
	e.id, e.operation, e.token, e.at = uuid.NewString(), st.operation, st.token, time.Now().Truncate(time.Millisecond)
	if n := len(st.events); n > 0 && !e.at.After(st.events[n-1].at) {
		e.at = st.events[n-1].at.Add(time.Millisecond)
	}
	st.events = append(st.events, e)
}

// put stores a resource and records the event of its status.
func (st *stack) put(m stackResource) {
	m.changed = time.Now()
	st.resources[m.logicalID] = m
	st.recordResource(m)
}

func (st *stack) recordResource(m stackResource) {
	st.record(event{
		logicalID: m.logicalID, physicalID: m.physicalID, kind: m.kind, status: m.status, reason: m.reason,
		propertiesRaw: string(m.properties),
	})
}

// request makes the request for the resource type of m.
func (st *stack) request(m stackResource, tags map[string]string) resource.Request {
	all := maps.Clone(tags)
	if all == nil {
		all = map[string]string{}
	}
	all["aws:cloudformation:stack-name"] = st.name
	all["aws:cloudformation:stack-id"] = st.id
	all["aws:cloudformation:logical-id"] = m.logicalID
	return resource.Request{
		StackName: st.name, StackID: st.id, LogicalID: m.logicalID, Tags: all,
		PhysicalID: m.physicalID, Properties: m.properties,
	}
}

// find returns the stack with a name or an id. It finds a deleted stack only by its id. The caller holds s.mu.
func (s *Service) find(nameOrID string) (*stack, *gateway.Error) {
	if st := s.byID[nameOrID]; st != nil {
		return st, nil
	}
	if st := s.byName[nameOrID]; st != nil {
		return st, nil
	}
	return nil, validation("Stack with id %s does not exist", nameOrID)
}

// currentResources resolves references with the current resources of a stack.
type currentResources struct {
	s  *Service
	st *stack
}

func (l currentResources) get(id string) (stackResource, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	m, ok := l.st.resources[id]
	if !ok || m.deleted() {
		return m, validation("Template error: resource %s does not exist", id)
	}
	return m, nil
}

func (l currentResources) ref(id string) (any, error) {
	m, err := l.get(id)
	return m.physicalID, err
}

func (l currentResources) attribute(id, name string) (any, error) {
	m, err := l.get(id)
	if err != nil {
		return nil, err
	}
	return m.attribute(name)
}

func (m stackResource) attribute(name string) (any, error) {
	value, ok := m.attributes[name]
	switch {
	case ok:
		return value, nil
	case isCustom(m.kind):
		return nil, reason("CustomResource attribute error: Vendor response doesn't contain %s attribute in object %s",
			name, m.logicalID)
	default:
		return nil, validation("Template error: resource %s does not support attribute type %s in Fn::GetAtt",
			m.logicalID, name)
	}
}
