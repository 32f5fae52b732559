package cloudformation

import "context"

type stackIDResult struct {
	StackID string `xml:"StackId"`
}

// createStack makes a stack without a change set.
func (s *Service) createStack(ctx context.Context, f *form) (any, error) {
	d, err := readDeployment(f)
	if err != nil {
		return nil, err
	}
	token := f.text("ClientRequestToken")
	f.must("OnFailure", "ROLLBACK")
	if err := f.complete(); err != nil {
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
	if err := s.open(); err != nil {
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

// updateStack changes a stack without a change set.
func (s *Service) updateStack(ctx context.Context, f *form) (any, error) {
	d, err := readDeployment(f)
	if err != nil {
		return nil, err
	}
	d.usePrevious = f.text("UsePreviousTemplate") == "true"
	token := f.text("ClientRequestToken")
	if err := f.complete(); err != nil {
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
	if err := s.open(); err != nil {
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

// deleteStack begins to remove a stack; removing one that does not exist, or is being removed, succeeds.
func (s *Service) deleteStack(ctx context.Context, f *form) (any, error) {
	name, err := f.required("StackName")
	if err != nil {
		return nil, err
	}
	token, retain := f.text("ClientRequestToken"), f.list("RetainResources")
	roleARN := f.text("RoleARN")
	f.must("DeletionMode", "STANDARD")
	f.must("DeploymentConfig.Mode", "STANDARD")
	if err := f.complete(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
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
	st.overtake()
	st.begin(token)
	st.become(deleteInProgress, userInitiated)
	s.start(s.newRun(ctx, st, nil), func(r *run) { r.delete(retain) })
	return nil, nil
}

func (s *Service) checkDeletable(st *stack, retain []string) error {
	switch {
	case st.busy() && st.status != createInProgress:
		return validation("Stack [%s] cannot be deleted while in status %s", st.name, st.status)
	case len(retain) > 0 && st.status != deleteFailed:
		return validation("Invalid operation on stack [%s]: RetainResources is for a stack in DELETE_FAILED, not in %s",
			st.id, st.status)
	}
	for _, id := range retain {
		if _, ok := st.resources[id]; !ok {
			return validation("Stack [%s] has no resource %s to retain", st.name, id)
		}
	}
	return nil
}
