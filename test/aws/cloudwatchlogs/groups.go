package cloudwatchlogs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

type groupSettings struct {
	name, kmsKey  string
	retentionDays int
}

// newGroup checks the settings and creates a log group. The caller holds mu.
func (s *Service) newGroup(settings groupSettings) (*group, error) {
	if !validGroup.MatchString(settings.name) {
		return nil, gateway.Errorf("InvalidParameterException",
			"log group name %q: want 1 to 512 letters, digits or any of .-_/#", settings.name)
	}
	if _, taken := s.groups[settings.name]; taken {
		return nil, gateway.Errorf("ResourceAlreadyExistsException",
			"The specified log group already exists: %s", settings.name)
	}
	if err := settings.check(); err != nil {
		return nil, err
	}
	g := s.addGroup(settings.name)
	g.apply(settings)
	return g, nil
}

// retentions are the retention times in days that CloudWatch Logs accepts (PutRetentionPolicy).
var retentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func (settings groupSettings) check() error {
	if days := settings.retentionDays; days != 0 && !slices.Contains(retentions, days) {
		return gateway.Errorf("InvalidParameterException", "RetentionInDays of %s is %d, want one of %v",
			settings.name, days, retentions)
	}
	return nil
}

func (g *group) apply(settings groupSettings) {
	g.retentionDays, g.kmsKey = settings.retentionDays, settings.kmsKey
}

type describeLogGroupsInput struct {
	LogGroupNamePrefix  string `json:"logGroupNamePrefix"`
	LogGroupNamePattern string `json:"logGroupNamePattern"`
	Limit               int    `json:"limit"`
	NextToken           string `json:"nextToken"`
}

type describeLogGroupsOutput struct {
	LogGroups []groupAnswer `json:"logGroups"`
	NextToken string        `json:"nextToken,omitempty"`
}

type groupAnswer struct {
	LogGroupName      string `json:"logGroupName"`
	ARN               string `json:"arn"`
	LogGroupARN       string `json:"logGroupArn"`
	CreationTime      int64  `json:"creationTime"`
	RetentionInDays   int    `json:"retentionInDays,omitempty"`
	KMSKeyID          string `json:"kmsKeyId,omitempty"`
	LogGroupClass     string `json:"logGroupClass"`
	StoredBytes       int64  `json:"storedBytes"`
	MetricFilterCount int    `json:"metricFilterCount"`
}

func (s *Service) describeLogGroups(_ context.Context, in describeLogGroupsInput) (describeLogGroupsOutput, error) {
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" {
		return describeLogGroupsOutput{}, gateway.Errorf("InvalidParameterException",
			"LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		// A pattern matches anywhere in the name, in upper or lower case.
		if strings.HasPrefix(name, in.LogGroupNamePrefix) &&
			strings.Contains(strings.ToLower(name), strings.ToLower(in.LogGroupNamePattern)) {
			names = append(names, name)
		}
	}
	names, next, err := page(names, in.Limit, 50, in.NextToken)
	if err != nil {
		return describeLogGroupsOutput{}, err
	}
	out := describeLogGroupsOutput{LogGroups: []groupAnswer{}, NextToken: next}
	for _, name := range names {
		g := s.groups[name]
		answer := groupAnswer{
			LogGroupName: g.name, ARN: g.arn + ":*", LogGroupARN: g.arn, CreationTime: g.created.UnixMilli(),
			RetentionInDays: g.retentionDays, KMSKeyID: g.kmsKey, LogGroupClass: "STANDARD",
		}
		for _, st := range g.streams {
			answer.StoredBytes += st.stored
		}
		out.LogGroups = append(out.LogGroups, answer)
	}
	return out, nil
}

// find returns the group with the name or the identifier, which is a name or an ARN. The caller holds mu.
func (s *Service) find(name, identifier string) (*group, error) {
	if name != "" && identifier != "" {
		return nil, gateway.Errorf("InvalidParameterException", "set logGroupName or logGroupIdentifier, not both")
	}
	if identifier != "" {
		name = strings.TrimSuffix(strings.TrimPrefix(identifier, s.acct.ARN("logs", "log-group:")), ":*")
	}
	g, ok := s.groups[name]
	if !ok {
		return nil, gateway.Errorf("ResourceNotFoundException", "The specified log group does not exist: %s", name)
	}
	return g, nil
}
