package cloudformation

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// deployment is what CreateChangeSet, CreateStack and UpdateStack have in common.
type deployment struct {
	name         string
	body         string
	url          string
	usePrevious  bool
	given        []givenParameter
	capabilities []string
	tags         map[string]string
	roleARN      string
}

var stackName = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)

// readDeployment reads those members, and accepts the others only with the values that mean nothing special.
func readDeployment(f *form) (deployment, error) {
	d := deployment{
		body: f.text("TemplateBody"), url: f.text("TemplateURL"),
		capabilities: f.list("Capabilities"), roleARN: f.text("RoleARN"), tags: map[string]string{},
	}
	var err error
	if d.name, err = f.required("StackName"); err != nil {
		return d, err
	}
	for _, p := range f.objects("Parameters", "ParameterKey", "ParameterValue", "UsePreviousValue") {
		d.given = append(d.given, givenParameter{
			key: p["ParameterKey"], value: p["ParameterValue"], usePrevious: p["UsePreviousValue"] == "true",
		})
	}
	for _, tag := range f.objects("Tags", "Key", "Value") {
		if strings.HasPrefix(tag["Key"], "aws:") {
			return d, validation("aws: prefixed tag key names are not allowed for external use.")
		}
		d.tags[tag["Key"]] = tag["Value"]
	}
	f.empty("NotificationARNs")
	f.empty("ResourceTypes")
	f.empty("RollbackConfiguration")
	f.must("DeploymentConfig.Mode", "STANDARD")
	f.must("DeploymentConfig.DisableRollback", "false")
	f.must("DisableRollback", "false")
	f.must("RetainExceptOnCreate", "false")
	return d, nil
}

// fetchTemplate is the text of the template, from the request or from S3.
func (s *Service) fetchTemplate(ctx context.Context, d deployment) (string, error) {
	switch {
	case d.body != "" && d.url != "":
		return "", validation("Either Template URL or Template Body must be specified, not both.")
	case d.body != "":
		return d.body, nil
	case d.url == "":
		return "", validation("Either Template URL or Template Body must be specified.")
	}
	bucket, key, ok := objectOf(d.url)
	if !ok {
		return "", validation("TemplateURL must be a supported URL, not %s", d.url)
	}
	body, err := s.objects.Object(ctx, bucket, key)
	if err != nil {
		return "", validation("S3 error: template %s: %v", d.url, err)
	}
	return string(body), nil
}

var bucketHost = regexp.MustCompile(`^(.+)\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com$`)

// objectOf finds bucket and key in the address of an object: path-style as the CDK writes it, or virtual-hosted.
func objectOf(address string) (bucket, key string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", "", false
	}
	path := strings.TrimPrefix(u.Path, "/")
	if m := bucketHost.FindStringSubmatch(u.Host); m != nil {
		return m[1], path, path != ""
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key, bucket != "" && key != ""
}

// plan makes a plan of a deployment for a stack; previous are the parameters that the stack has now.
func (s *Service) plan(ctx context.Context, d deployment, st *stack) (*plan, error) {
	var previous []parameterValue
	s.mu.Lock()
	if st.plan != nil {
		previous = st.plan.parameters
		if d.usePrevious {
			d.body = st.plan.template.body
		}
	}
	s.mu.Unlock()
	body, err := s.fetchTemplate(ctx, d)
	if err != nil {
		return nil, err
	}
	t, err := parseTemplate(body)
	if err != nil {
		return nil, err
	}
	if err := checkCapabilities(t, d.capabilities); err != nil {
		return nil, err
	}
	parameters, err := resolveParameters(ctx, t.parameters, d.given, previous, s.parameters)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return newPlan(t, scope{account: s.account, stackName: st.name, stackID: st.id}, parameters, d.tags, s.kinds)
}

// neededCapability is the capability that a template's IAM resources ask for; empty without any.
func neededCapability(t *template) string {
	needed := ""
	for _, r := range t.resources {
		if !strings.HasPrefix(r.Type, "AWS::IAM::") {
			continue
		}
		if _, named := r.Properties["RoleName"]; named {
			return "CAPABILITY_NAMED_IAM"
		}
		needed = "CAPABILITY_IAM"
	}
	return needed
}

func checkCapabilities(t *template, given []string) error {
	needed := neededCapability(t)
	if needed == "" || slices.Contains(given, needed) || slices.Contains(given, "CAPABILITY_NAMED_IAM") {
		return nil
	}
	return gateway.Errorf("InsufficientCapabilitiesException", "Requires capabilities : [%s]", needed)
}

// changed tells whether carrying out a plan would change a stack at all: its resources, its outputs or its tags.
func (s *Service) changed(st *stack, p *plan, changes []change) (bool, error) {
	if len(changes) > 0 || st.plan == nil || !maps.Equal(st.plan.tags, p.tags) {
		return true, nil
	}
	c := comparison{types: s.kinds, stack: st, plan: p, action: map[string]change{}}
	at := p.scope
	at.resources = &c
	outputs, err := p.evaluateOutputs(&at)
	return !slices.Equal(outputs, st.outputs), err
}

// startCreate begins to carry out a plan on a new stack. The caller holds s.mu.
func (s *Service) startCreate(ctx context.Context, st *stack, p *plan, d deployment, token string) {
	st.accept(d, token)
	st.plan, st.description = p, p.template.description
	st.become(createInProgress, userInitiated)
	s.start(s.newRun(ctx, st, p), (*run).create)
}

// startUpdate begins to carry out a plan on a stack that stands. The caller holds s.mu.
func (s *Service) startUpdate(ctx context.Context, st *stack, p *plan, d deployment, token string) {
	st.accept(d, token)
	st.become(updateInProgress, userInitiated)
	st.updated = st.events[len(st.events)-1].at
	s.start(s.newRun(ctx, st, p), (*run).update)
}

// accept takes over what a deployment says about the stack itself.
func (st *stack) accept(d deployment, token string) {
	st.begin(token)
	st.capabilities, st.roleARN = d.capabilities, d.roleARN
}
