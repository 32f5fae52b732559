package dms

import (
	"cmp"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Needs says as what the calls of roles are authorised. Source: "Actions, resources, and condition keys for AWS Database Migration
// Service" of the Service Authorization Reference, with which a test compares this table.
func (s *Service) Needs() map[string]gateway.Needs {
	return map[string]gateway.Needs{
		"AddTagsToResource":            gateway.NeedsOf(s.tagNeeds),
		"CreateReplicationTask":        gateway.NeedsOf(s.createNeeds),
		"DeleteReplicationTask":        s.taskNeeds("dms:DeleteReplicationTask"),
		"DescribeCertificates":         gateway.NeedsOne("dms:DescribeCertificates"),
		"DescribeConnections":          gateway.NeedsOne("dms:DescribeConnections"),
		"DescribeEndpoints":            gateway.NeedsOne("dms:DescribeEndpoints"),
		"DescribeEvents":               gateway.NeedsOne("dms:DescribeEvents"),
		"DescribeReplicationInstances": gateway.NeedsOne("dms:DescribeReplicationInstances"),
		"DescribeReplicationTasks":     gateway.NeedsOne("dms:DescribeReplicationTasks"),
		"DescribeTableStatistics":      s.taskNeeds("dms:DescribeTableStatistics"),
		"ListTagsForResource":          gateway.NeedsOf(s.listTagsNeeds),
		"ModifyReplicationTask":        s.taskNeeds("dms:ModifyReplicationTask"),
		"ReloadTables":                 s.taskNeeds("dms:ReloadTables"),
		"StartReplicationTask":         s.taskNeeds("dms:StartReplicationTask"),
		"StopReplicationTask":          s.taskNeeds("dms:StopReplicationTask"),
		"TestConnection": gateway.NeedsOf(func(in struct{ EndpointArn, ReplicationInstanceArn string }) []gateway.Access {
			return []gateway.Access{
				s.access("dms:TestConnection", in.ReplicationInstanceArn, nil), s.access("dms:TestConnection", in.EndpointArn, nil),
			}
		}),
	}
}

// taskNeeds is an action on a task. For a task that does not exist AWS may answer that, or that the action is denied, because no task
// has no tags (docs/assumptions.md).
func (s *Service) taskNeeds(action string) gateway.Needs {
	return gateway.NeedsOf(func(in taskRef) []gateway.Access {
		a := s.access(action, in.ReplicationTaskArn, nil)
		a.Missing = !s.exists(in.ReplicationTaskArn)
		return []gateway.Access{a}
	})
}

// createNeeds has the action on the instance and on both endpoints, not on the task: it has no ARN yet. Tags need the action that adds
// tags; the reference does not say on which resource (docs/assumptions.md).
func (s *Service) createNeeds(in struct {
	ReplicationInstanceArn, SourceEndpointArn, TargetEndpointArn, ResourceIdentifier string
	Tags                                                                             []tag
},
) []gateway.Access {
	parts := []string{in.ReplicationInstanceArn, in.SourceEndpointArn, in.TargetEndpointArn}
	var all []gateway.Access
	for _, part := range parts {
		all = append(all, s.access("dms:CreateReplicationTask", part, in.Tags))
	}
	switch {
	case len(in.Tags) == 0:
		return all
	case !s.unknowns.TagsCheckedOnParts:
		return append(all, s.access("dms:AddTagsToResource", s.account.ARN("dms", "task:"+cmp.Or(in.ResourceIdentifier, "*")), in.Tags))
	}
	for _, part := range parts {
		all = append(all, s.access("dms:AddTagsToResource", part, in.Tags))
	}
	return all
}

func (s *Service) tagNeeds(in struct {
	ResourceArn string
	Tags        []tag
},
) []gateway.Access {
	return []gateway.Access{s.access("dms:AddTagsToResource", in.ResourceArn, in.Tags)}
}

func (s *Service) listTagsNeeds(in struct {
	ResourceArn     string
	ResourceArnList []string
},
) (all []gateway.Access) {
	for _, arn := range append(in.ResourceArnList, in.ResourceArn) {
		if arn != "" {
			all = append(all, s.access("dms:ListTagsForResource", arn, nil))
		}
	}
	return all
}

// exists says whether there is a resource with tags of that ARN.
func (s *Service) exists(arn string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.tagsOf(arn)
	return err == nil
}

// access is an action on a resource, with the tags of the resource and of the request as condition keys. A resource that does not
// exist has no tags.
func (s *Service) access(action, arn string, given []tag) gateway.Access {
	a := gateway.Access{Action: action, Resource: arn, Keys: map[string][]string{}}
	for _, t := range given {
		a.Keys["aws:requesttag/"+strings.ToLower(t.Key)] = []string{t.Value}
		a.Keys["aws:tagkeys"] = append(a.Keys["aws:tagkeys"], t.Key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(arn)
	if err != nil {
		return a
	}
	for key, value := range tags {
		a.Keys["aws:resourcetag/"+strings.ToLower(key)] = []string{value}
	}
	return a
}
