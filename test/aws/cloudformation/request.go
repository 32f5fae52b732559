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

// deployment has the members that CreateChangeSet, CreateStack and UpdateStack share.
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

// readDeployment reads these members. It accepts the other shared members only with their default values.
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
	f.allowEmpty("NotificationARNs")
	f.allowEmpty("ResourceTypes")
	f.allowEmpty("RollbackConfiguration")
	f.allowOnly("DeploymentConfig.Mode", "STANDARD")
	f.allowOnly("DeploymentConfig.DisableRollback", "false")
	f.allowOnly("DisableRollback", "false")
	f.allowOnly("RetainExceptOnCreate", "false")
	return d, nil
}

// fetchTemplate returns the text of the template, from the request or from S3.
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
		return "", validation("TemplateURL %s is not valid: use the URL of an S3 object", d.url)
	}
	body, err := s.objects.Object(ctx, bucket, key)
	if err != nil {
		return "", validation("S3 error: template %s: %v", d.url, err)
	}
	return string(body), nil
}

var bucketHost = regexp.MustCompile(`^(.+)\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com$`)

// objectOf returns the bucket and the key in the URL of an object. The URL is path-style, as the CDK writes it, or
// virtual-hosted.
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

// plan makes the plan of a deployment for a stack.
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

// neededCapability is the capability that the IAM resources of a template need, or empty without IAM resources.
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

// changed reports whether a plan changes the resources, the outputs or the tags of a stack.
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

// startCreate starts to create the resources of a new stack. The caller holds s.mu.
func (s *Service) startCreate(ctx context.Context, st *stack, p *plan, d deployment, token string) {
	st.beginDeployment(d, token)
	st.plan, st.description = p, p.template.description
	st.setStatus(createInProgress, userInitiated)
	s.start(s.newRun(ctx, st, p), (*run).create)
}

// startUpdate starts to update an existing stack. The caller holds s.mu.
func (s *Service) startUpdate(ctx context.Context, st *stack, p *plan, d deployment, token string) {
	st.beginDeployment(d, token)
	st.setStatus(updateInProgress, userInitiated)
	st.updated = st.events[len(st.events)-1].at
	s.start(s.newRun(ctx, st, p), (*run).update)
}

// beginDeployment begins an operation and stores the capabilities and the role of the deployment.
func (st *stack) beginDeployment(d deployment, token string) {
	st.beginOperation(token)
	st.capabilities, st.roleARN = d.capabilities, d.roleARN
}
