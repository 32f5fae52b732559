package cloudformation

import (
	"context"
	"maps"
	"slices"
)

// templateOf is the template that a request is about: its own, or that of a stack.
func (s *Service) templateOf(ctx context.Context, f *form) (*template, *stack, error) {
	d := deployment{body: f.text("TemplateBody"), url: f.text("TemplateURL"), name: f.text("StackName")}
	if err := f.complete(); err != nil {
		return nil, nil, err
	}
	if d.name == "" {
		body, err := s.fetchTemplate(ctx, d)
		if err != nil {
			return nil, nil, err
		}
		t, err := parseTemplate(body)
		return t, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, missing := s.find(d.name)
	switch {
	case missing != nil:
		return nil, nil, missing
	case st.plan == nil:
		return nil, st, nil
	}
	return st.plan.template, st, nil
}

type getTemplateResult struct {
	TemplateBody    string   `xml:"TemplateBody"`
	StagesAvailable []string `xml:"StagesAvailable>member"`
}

// getTemplate gives a template as it was sent. There are no transforms, so the processed one is the same. A stack that
// is only being reviewed has none yet.
func (s *Service) getTemplate(_ context.Context, f *form) (any, error) {
	name, changeSet := f.text("StackName"), f.text("ChangeSetName")
	if stage := f.text("TemplateStage"); stage != "" && stage != "Original" && stage != "Processed" {
		return nil, validation("TemplateStage must be Original or Processed, not %s", stage)
	}
	if err := f.complete(); err != nil {
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

type (
	declarationAnswer struct {
		Key         string   `xml:"ParameterKey"`
		Type        string   `xml:"ParameterType"`
		Default     string   `xml:"DefaultValue,omitempty"`
		Description string   `xml:"Description,omitempty"`
		NoEcho      bool     `xml:"NoEcho"`
		Allowed     []string `xml:"ParameterConstraints>AllowedValues>member,omitempty"`
	}
	getTemplateSummaryResult struct {
		Description  string              `xml:"Description,omitempty"`
		Version      string              `xml:"Version"`
		Capabilities []string            `xml:"Capabilities>member,omitempty"`
		Reason       string              `xml:"CapabilitiesReason,omitempty"`
		Types        []string            `xml:"ResourceTypes>member"`
		Parameters   []declarationAnswer `xml:"Parameters>member"`
	}
)

func (s *Service) getTemplateSummary(ctx context.Context, f *form) (any, error) {
	t, st, err := s.templateOf(ctx, f)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, validation("Stack [%s] has no template yet", st.name)
	}
	result := getTemplateSummaryResult{Description: t.description, Version: "2010-09-09"}
	if needed := neededCapability(t); needed != "" {
		result.Capabilities, result.Reason = []string{needed}, "The template has IAM resources."
	}
	for _, r := range t.resources {
		result.Types = append(result.Types, r.Type)
	}
	slices.Sort(result.Types)
	result.Types = slices.Compact(result.Types)
	for _, key := range slices.Sorted(maps.Keys(t.parameters)) {
		d := t.parameters[key]
		a := declarationAnswer{
			Key: key, Type: d.Type, Description: d.Description, NoEcho: d.NoEcho == true || d.NoEcho == "true",
		}
		if a.Default, err = optionalText(d.Default); err != nil {
			return nil, err
		}
		for _, value := range d.AllowedValues {
			text, err := optionalText(value)
			if err != nil {
				return nil, err
			}
			a.Allowed = append(a.Allowed, text)
		}
		result.Parameters = append(result.Parameters, a)
	}
	return result, nil
}

func optionalText(value any) (string, error) {
	if value == nil {
		return "", nil
	}
	return scalar("a parameter", value)
}
