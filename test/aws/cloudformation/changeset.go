package cloudformation

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
)

// changeSet is a plan and its changes. ExecuteChangeSet applies it. Service.mu guards all fields.
type changeSet struct {
	id, name    string
	kind        string // "CREATE", "UPDATE"
	description string
	nested      bool
	created     time.Time
	status      string // "CREATE_COMPLETE", "FAILED"
	reason      string
	execution   string // "AVAILABLE", "UNAVAILABLE", "EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED"
	deployment  deployment
	plan        *plan
	changes     []change
}

// noChanges is the StatusReason of a change set without changes. The CDK CLI compares this text.
const noChanges = "The submitted information didn't contain changes. " +
	"Submit different information to create a change set."

type createChangeSetResult struct {
	ID      string `xml:"Id"`
	StackID string `xml:"StackId"`
}

func (s *Service) createChangeSet(ctx context.Context, f *form) (any, error) {
	d, err := readDeployment(f)
	if err != nil {
		return nil, err
	}
	d.usePrevious = f.text("UsePreviousTemplate") == "true"
	name, err := f.required("ChangeSetName")
	if err != nil {
		return nil, err
	}
	cs := &changeSet{
		name: name, kind: f.text("ChangeSetType"), description: f.text("Description"), deployment: d,
		nested: f.text("IncludeNestedStacks") == "true",
	}
	f.text("ClientToken")
	f.allowOnly("ImportExistingResources", "false")
	f.allowOnly("OnStackFailure", "ROLLBACK")
	f.allowEmpty("ResourcesToImport")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	st, isNew, err := s.changeSetStack(d.name, cs)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	p, err := s.plan(ctx, d, st)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkOpen(); err != nil {
		return nil, err
	}
	if err := s.setChanges(st, cs, p); err != nil {
		return nil, err
	}
	if isNew {
		if err := s.add(st); err != nil {
			return nil, err
		}
		st.beginOperation("")
		st.setStatus(reviewInProgress, userInitiated)
	}
	st.changeSets = append(st.changeSets, cs)
	return createChangeSetResult{ID: cs.id, StackID: st.id}, nil
}

// changeSetStack finds the stack of a change set. For a change set of type CREATE it can make a stack; isNew is then
// true, and no request can find the stack before add. The caller holds s.mu.
func (s *Service) changeSetStack(name string, cs *changeSet) (st *stack, isNew bool, err error) {
	st, missing := s.find(name)
	if missing != nil || st.status == deleteComplete {
		st = nil
	}
	switch cs.kind {
	case "CREATE":
		if st == nil {
			if !stackName.MatchString(name) {
				return nil, false, badName(name)
			}
			return s.newStack(name), true, nil
		}
		if st.status != reviewInProgress {
			return nil, false, validation("Stack [%s] already exists and cannot be created again with the changeSet [%s].",
				st.name, cs.name)
		}
	case "", "UPDATE":
		cs.kind = "UPDATE"
		if st == nil {
			return nil, false, validation("Stack [%s] does not exist", name)
		}
		if !st.updatable() {
			return nil, false, notUpdatable(st)
		}
	default:
		return nil, false, validation("the embedded AWS does not implement change sets of type %s", cs.kind)
	}
	if st.changeSet(cs.name) != nil {
		return nil, false, gateway.Errorf("AlreadyExistsException", "ChangeSet %s already exists", cs.name)
	}
	return st, false, nil
}

func badName(name string) error {
	return validation("%s is no name for a stack: use 1 to 128 letters, digits and hyphens, and start with a letter", name)
}

func notUpdatable(st *stack) error {
	return validation("Stack:%s is in %s state and can not be updated.", st.id, st.status)
}

// setChanges compares a plan with the stack and stores the plan, the changes and the status in the change set. The
// caller holds s.mu.
func (s *Service) setChanges(st *stack, cs *changeSet, p *plan) error {
	changes, err := compare(s.kinds, st, p)
	if err != nil {
		return err
	}
	changed, err := s.changed(st, p, changes)
	if err != nil {
		return err
	}
	cs.id = s.account.ARN("cloudformation", "changeSet/"+cs.name+"/"+uuid.NewString())
	cs.created = time.Now()
	cs.plan, cs.changes = p, changes
	cs.status, cs.execution = createComplete, "AVAILABLE"
	if !changed {
		cs.status, cs.reason, cs.execution = "FAILED", noChanges, "UNAVAILABLE"
	}
	return nil
}

// changeSet finds a change set of the stack by its name or id. It returns nil when there is none.
func (st *stack) changeSet(nameOrID string) *changeSet {
	for _, cs := range st.changeSets {
		if cs.name == nameOrID || cs.id == nameOrID {
			return cs
		}
	}
	return nil
}

// findChangeSet finds the change set of a request: by its id, or by the stack and the name of the change set. The
// caller holds s.mu.
func (s *Service) findChangeSet(stackName, name string) (*stack, *changeSet, error) {
	missing := &gateway.Error{
		Code: "ChangeSetNotFound", Status: http.StatusNotFound, Message: "ChangeSet [" + name + "] does not exist",
	}
	if stackName == "" {
		for _, st := range s.stacks {
			if cs := st.changeSet(name); cs != nil && cs.id == name {
				return st, cs, nil
			}
		}
		return nil, nil, missing
	}
	st, err := s.find(stackName)
	if err != nil {
		return nil, nil, validation("Stack [%s] does not exist", stackName)
	}
	cs := st.changeSet(name)
	if cs == nil {
		return st, nil, missing
	}
	return st, cs, nil
}

// noResult is a result without members. Clients need its XML element.
type noResult struct{}

func (s *Service) executeChangeSet(ctx context.Context, f *form) (any, error) {
	name, err := f.required("ChangeSetName")
	if err != nil {
		return nil, err
	}
	stackName, token := f.text("StackName"), f.text("ClientRequestToken")
	f.allowOnly("DisableRollback", "false")
	f.allowOnly("RetainExceptOnCreate", "false")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkOpen(); err != nil {
		return nil, err
	}
	st, cs, err := s.findChangeSet(stackName, name)
	if err != nil {
		return nil, err
	}
	if cs.execution != "AVAILABLE" {
		return nil, gateway.Errorf("InvalidChangeSetStatus",
			"ChangeSet [%s] cannot be executed in its current status of [%s]", cs.id, cs.status)
	}
	start, ready := s.startUpdate, st.updatable()
	if cs.kind == "CREATE" {
		start, ready = s.startCreate, st.status == reviewInProgress
	}
	if !ready {
		return nil, notUpdatable(st)
	}
	cs.execution = "EXECUTE_IN_PROGRESS"
	// The changes of the other change sets are no longer valid, because the stack changes now.
	st.changeSets = []*changeSet{cs}
	st.executing = cs
	start(ctx, st, cs.plan, cs.deployment, token)
	return noResult{}, nil
}

// deleteChangeSet deletes a change set. It succeeds for an unknown change set when the stack exists.
func (s *Service) deleteChangeSet(_ context.Context, f *form) (any, error) {
	name, err := f.required("ChangeSetName")
	if err != nil {
		return nil, err
	}
	stackName := f.text("StackName")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkOpen(); err != nil {
		return nil, err
	}
	st, cs, err := s.findChangeSet(stackName, name)
	switch {
	case st == nil:
		return nil, err
	case cs == nil:
		return noResult{}, nil
	case cs.execution == "EXECUTE_IN_PROGRESS":
		return nil, gateway.Errorf("InvalidChangeSetStatus", "ChangeSet [%s] is in EXECUTE_IN_PROGRESS and cannot be deleted", cs.id)
	}
	st.changeSets = slices.DeleteFunc(st.changeSets, func(other *changeSet) bool { return other == cs })
	return noResult{}, nil
}
