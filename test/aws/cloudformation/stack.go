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

// stack is one stack. Its fields are guarded by Service.mu.
type stack struct {
	id, name       string
	status, reason string
	created        time.Time
	updated        time.Time // zero before the first update
	deleted        time.Time

	plan         *plan // what was last deployed with success; nil while the stack is in review
	description  string
	capabilities []string
	roleARN      string
	outputs      []output
	resources    map[string]managed
	// leftovers are resources that a failed rollback could not remove; deleting the stack removes them.
	leftovers  []managed
	changeSets []*changeSet
	executing  *changeSet // nil when no change set is being carried out
	run        *run       // the latest operation, which may be over; nil before the first

	events    []event // oldest first
	operation string  // the id of the operation whose events are being written
	token     string  // the caller's token of that operation
}

// managed is a resource of a stack as it is now. It is a value: a status change makes a new one, so that an update can
// keep the old ones to return to.
type managed struct {
	logicalID  string
	physicalID string
	kind       string // the resource type
	status     string
	reason     string
	changed    time.Time
	properties json.RawMessage // as last applied
	attributes map[string]any
	needs      []string
	policy     string // DeletionPolicy
}

// output is one output of a stack.
type output struct{ key, value, description string }

// event is one line of a stack's history.
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

func (m managed) gone() bool { return m.status == deleteComplete || m.status == deleteSkipped }

// busy tells whether an operation is going on.
func (st *stack) busy() bool {
	return strings.HasSuffix(st.status, "_IN_PROGRESS") && st.status != reviewInProgress
}

// updatable tells whether an update may begin.
func (st *stack) updatable() bool {
	return st.status == createComplete || st.status == updateComplete || st.status == updateRollbackComplete
}

// newStack makes a stack that has nothing yet, and that nobody can find before it is added.
func (s *Service) newStack(name string) *stack {
	return &stack{
		id:   s.account.ARN("cloudformation", "stack/"+name+"/"+uuid.NewString()),
		name: name, created: time.Now(), resources: map[string]managed{},
	}
}

// add makes a stack known. The caller holds s.mu.
func (s *Service) add(st *stack) error {
	if s.byName[st.name] != nil {
		return gateway.Errorf("AlreadyExistsException", "Stack [%s] already exists", st.name)
	}
	s.stacks = append(s.stacks, st)
	s.byID[st.id] = st
	s.byName[st.name] = st
	return nil
}

// begin starts an operation, whose events carry an id of their own.
func (st *stack) begin(token string) {
	st.operation = uuid.NewString()
	st.token = token
}

// become gives a stack a new status and writes the event. The change set being carried out ends with the operation.
func (st *stack) become(status, reason string) {
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

// record writes an event. Readers sort events by their time stamps, to the millisecond, so each gets one later than
// that of the event before.
func (st *stack) record(e event) {
	e.id, e.operation, e.token, e.at = uuid.NewString(), st.operation, st.token, time.Now().Truncate(time.Millisecond)
	if n := len(st.events); n > 0 && !e.at.After(st.events[n-1].at) {
		e.at = st.events[n-1].at.Add(time.Millisecond)
	}
	st.events = append(st.events, e)
}

// put stores a resource and writes the event of its status.
func (st *stack) put(m managed) {
	m.changed = time.Now()
	st.resources[m.logicalID] = m
	st.recordResource(m)
}

func (st *stack) recordResource(m managed) {
	st.record(event{
		logicalID: m.logicalID, physicalID: m.physicalID, kind: m.kind, status: m.status, reason: m.reason,
		propertiesRaw: string(m.properties),
	})
}

// request is what a resource type is asked to do with m.
func (st *stack) request(m managed, tags map[string]string) resource.Request {
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

// find is the stack of a name, or of an id even if it is deleted. The caller holds s.mu.
func (s *Service) find(nameOrID string) (*stack, *gateway.Error) {
	if st := s.byID[nameOrID]; st != nil {
		return st, nil
	}
	if st := s.byName[nameOrID]; st != nil {
		return st, nil
	}
	return nil, validation("Stack with id %s does not exist", nameOrID)
}

// live resolves references to the resources of a stack as they are now.
type live struct {
	s  *Service
	st *stack
}

func (l live) get(id string) (managed, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	m, ok := l.st.resources[id]
	if !ok || m.gone() {
		return m, validation("Template error: resource %s does not exist", id)
	}
	return m, nil
}

func (l live) ref(id string) (any, error) {
	m, err := l.get(id)
	return m.physicalID, err
}

func (l live) attribute(id, name string) (any, error) {
	m, err := l.get(id)
	if err != nil {
		return nil, err
	}
	return m.attribute(name)
}

func (m managed) attribute(name string) (any, error) {
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
