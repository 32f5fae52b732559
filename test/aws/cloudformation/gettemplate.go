package cloudformation

import "context"

type getTemplateResult struct {
	TemplateBody    string   `xml:"TemplateBody"`
	StagesAvailable []string `xml:"StagesAvailable>member"`
}

// getTemplate returns the template that the client sent. The processed template is the same, because the engine has no
// transforms. A stack in REVIEW_IN_PROGRESS has an empty template.
func (s *Service) getTemplate(_ context.Context, f *form) (any, error) {
	name, changeSet := f.text("StackName"), f.text("ChangeSetName")
	if stage := f.text("TemplateStage"); stage != "" && stage != "Original" && stage != "Processed" {
		return nil, validation("TemplateStage must be Original or Processed, not %s", stage)
	}
	if err := f.checkUnread(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result := getTemplateResult{StagesAvailable: []string{"Original", "Processed"}}
	if changeSet != "" {
		_, cs, err := s.findChangeSet(name, changeSet)
		if err != nil {
			return nil, err
		}
		result.TemplateBody = cs.plan.template.body
		return result, nil
	}
	st, missing := s.find(name)
	if missing != nil {
		return nil, missing
	}
	if st.plan != nil {
		result.TemplateBody = st.plan.template.body
	}
	return result, nil
}
