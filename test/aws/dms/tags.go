package dms

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// tag is a tag in the form of the API.
type tag struct {
	Key   string
	Value string
	// ResourceArn is only set in answers for several resources.
	ResourceArn string `json:",omitempty"`
}

const maxTags = 50

func (s *Service) addTags(_ context.Context, in struct {
	ResourceArn string
	Tags        []tag
},
) (gateway.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(in.ResourceArn)
	if err != nil {
		return gateway.Empty{}, err
	}
	if err := setTags(tags, in.Tags); err != nil {
		return gateway.Empty{}, err
	}
	if t := s.tasks[in.ResourceArn]; t != nil {
		s.showTags(t)
	}
	return gateway.Empty{}, nil
}

// showTags makes ListTagsForResource return the present tags of a task, after a delay. The caller holds the lock.
func (s *Service) showTags(t *task) {
	tags := maps.Clone(t.tags)
	if s.delays.Tagging == 0 {
		t.shownTags = tags
		return
	}
	t.tagged++
	change := t.tagged
	s.later(s.delays.Tagging, func() {
		if change > t.shown { // a later change may be shown first, if both come at the same time
			t.shownTags, t.shown = tags, change
		}
	})
}

// setTags adds tags to the tags of a resource.
func setTags(tags map[string]string, add []tag) error {
	for _, t := range add {
		if t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 {
			return invalidValue("Tag key %q: want 1 to 128 characters, and a value of at most 256", t.Key)
		}
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return invalidValue("Tag key %q: aws: is reserved", t.Key)
		}
		tags[t.Key] = t.Value
	}
	if len(tags) > maxTags {
		return quotaExceeded("A resource has at most %d tags", maxTags)
	}
	return nil
}

type tagList struct{ TagList []tag }

func (s *Service) listTags(_ context.Context, in struct {
	ResourceArn     string
	ResourceArnList []string
},
) (tagList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (in.ResourceArn == "") == (len(in.ResourceArnList) == 0) {
		return tagList{}, invalidCombination("Give either ResourceArn or ResourceArnList")
	}
	out := tagList{TagList: []tag{}}
	for _, arn := range append(in.ResourceArnList, in.ResourceArn) {
		if arn == "" {
			continue
		}
		tags, err := s.tagsOf(arn)
		if err != nil {
			return tagList{}, err
		}
		if t := s.tasks[arn]; t != nil {
			tags = t.shownTags
		}
		for k, v := range tags {
			t := tag{Key: k, Value: v}
			if in.ResourceArn == "" {
				t.ResourceArn = arn
			}
			out.TagList = append(out.TagList, t)
		}
	}
	slices.SortFunc(out.TagList, func(a, b tag) int {
		return strings.Compare(a.ResourceArn+" "+a.Key, b.ResourceArn+" "+b.Key)
	})
	return out, nil
}

// tagsOf returns the tags of a resource. The caller holds the lock.
func (s *Service) tagsOf(arn string) (map[string]string, error) {
	if t := s.tasks[arn]; t != nil {
		return t.tags, nil
	}
	if i := s.instances[arn]; i != nil {
		return i.tags, nil
	}
	if e := s.endpoints[arn]; e != nil {
		return e.tags, nil
	}
	for _, g := range s.subnetGroups {
		if s.subnetGroupARN(g.name) == arn {
			return g.tags, nil
		}
	}
	return nil, notFound("Resource %s not found", arn)
}
