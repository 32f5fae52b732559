package cloudformation

import "context"

type stackIDResult struct {
	StackID string `xml:"StackId"`
}

// createStack creates a stack without a change set.
func (s *Service) createStack(ctx context.Context, f *form) (any, error) {
	d, err := readDeployment(f)
	if err != nil {
		return nil, err
	}
	token := f.text("ClientRequestToken")
	f.allowOnly("OnFailure", "ROLLBACK")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	if !stackName.MatchString(d.name) {
		return nil, badName(d.name)
	}
	st := s.newStack(d.name)
	p, err := s.plan(ctx, d, st)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkOpen(); err != nil {
		return nil, err
	}
	if _, err := compare(s.kinds, st, p); err != nil {
		return nil, err
	}
	if err := s.add(st); err != nil {
		return nil, err
	}
	s.startCreate(ctx, st, p, d, token)
	return stackIDResult{st.id}, nil
}

// updateStack updates a stack without a change set.
func (s *Service) updateStack(ctx context.Context, f *form) (any, error) {
	d, err := readDeployment(f)
	if err != nil {
		return nil, err
	}
	d.usePrevious = f.text("UsePreviousTemplate") == "true"
	token := f.text("ClientRequestToken")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	st, missing := s.find(d.name)
	s.mu.Unlock()
	if missing != nil {
		return nil, validation("Stack [%s] does not exist", d.name)
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
	if !st.updatable() {
		return nil, notUpdatable(st)
	}
	changes, err := compare(s.kinds, st, p)
	if err != nil {
		return nil, err
	}
	changed, err := s.changed(st, p, changes)
	switch {
	case err != nil:
		return nil, err
	case !changed:
		return nil, validation("No updates are to be performed.")
	}
	s.startUpdate(ctx, st, p, d, token)
	return stackIDResult{st.id}, nil
}

// deleteStack starts to delete a stack. For a stack that does not exist or is DELETE_IN_PROGRESS, it succeeds and does
// nothing.
func (s *Service) deleteStack(ctx context.Context, f *form) (any, error) {
	name, err := f.required("StackName")
	if err != nil {
		return nil, err
	}
	token, retain := f.text("ClientRequestToken"), f.list("RetainResources")
	roleARN := f.text("RoleARN")
	f.allowOnly("DeletionMode", "STANDARD")
	f.allowOnly("DeploymentConfig.Mode", "STANDARD")
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkOpen(); err != nil {
		return nil, err
	}
	st, missing := s.find(name)
	if missing != nil || st.status == deleteComplete || st.status == deleteInProgress {
		return nil, nil
	}
	if err := s.checkDeletable(st, retain); err != nil {
		return nil, err
	}
	if roleARN != "" {
		st.roleARN = roleARN
	}
	st.cancelForDelete()
	st.beginOperation(token)
	st.setStatus(deleteInProgress, userInitiated)
	s.start(s.newRun(ctx, st, nil), func(r *run) { r.delete(retain) })
	return nil, nil
}

func (s *Service) checkDeletable(st *stack, retain []string) error {
	switch {
	case st.busy() && st.status != createInProgress:
		return validation("Stack [%s] cannot be deleted while in status %s", st.name, st.status)
	case len(retain) > 0 && st.status != deleteFailed:
		return validation("Invalid operation on stack [%s]: RetainResources needs a stack in DELETE_FAILED, this one is in %s",
			st.id, st.status)
	}
	for _, id := range retain {
		if _, ok := st.resources[id]; !ok {
			return validation("Stack [%s] has no resource %s: remove it from RetainResources", st.name, id)
		}
	}
	return nil
}
