package asl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

var lambdaARN = regexp.MustCompile(`^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$`)

func parseTask(r *reader, s *State) {
	s.ResultSelector = r.template("ResultSelector")
	resource := r.text("Resource", required)
	switch {
	case lambdaARN.MatchString(resource):
		s.Function = resource
	case strings.HasSuffix(resource, ".waitForTaskToken"):
		r.problem("The embedded AWS does not implement task tokens (Resource %s)", resource)
	case resource != "":
		r.problem("The embedded AWS does not implement Resource %q; use the ARN of a Lambda function", resource)
	}
	s.Timeout = time.Duration(r.integer("TimeoutSeconds", 1, 0)) * time.Second
	if s.TimeoutPath = r.path("TimeoutSecondsPath"); s.TimeoutPath != nil && s.Timeout > 0 {
		r.problem("Give TimeoutSeconds or TimeoutSecondsPath, not both")
	}
	for _, within := range r.objects("Retry") {
		s.Retry = append(s.Retry, parseRetrier(within))
	}
	for _, within := range r.objects("Catch") {
		s.Catch = append(s.Catch, parseCatcher(within))
	}
	for i, retrier := range s.Retry {
		r.checkWildcard(fmt.Sprintf("Retry[%d]", i), retrier.ErrorEquals, i == len(s.Retry)-1)
	}
	for i, catcher := range s.Catch {
		r.checkWildcard(fmt.Sprintf("Catch[%d]", i), catcher.ErrorEquals, i == len(s.Catch)-1)
	}
}

// objects takes a field that is an array of objects and returns a reader for each object.
func (r *reader) objects(name string) []*reader {
	v, ok := r.take(name)
	if !ok {
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		r.problem("%s is %s, want an array", name, jsonType(v))
	}
	readers := make([]*reader, 0, len(list))
	for i, item := range list {
		within := &reader{where: fmt.Sprintf("%s/%s[%d]", r.where, name, i), problems: r.problems}
		if within.fields, ok = item.(map[string]any); !ok {
			within.problem("This is %s, want an object", jsonType(item))
			continue
		}
		readers = append(readers, within)
	}
	return readers
}

// maxDelayLimit is the limit of AWS for MaxDelaySeconds: 366 days.
const maxDelayLimit = 31_622_400 * time.Second

func parseRetrier(r *reader) Retrier {
	retrier := Retrier{
		ErrorEquals: r.errorEquals(),
		Interval:    time.Duration(r.integer("IntervalSeconds", 1, 1)) * time.Second,
		MaxAttempts: int(r.integer("MaxAttempts", 0, 3)),
		BackoffRate: r.decimal("BackoffRate", 1, 2),
		MaxDelay:    time.Duration(r.integer("MaxDelaySeconds", 1, 0)) * time.Second,
	}
	if retrier.MaxDelay >= maxDelayLimit {
		r.problem("MaxDelaySeconds must be less than %d", int(maxDelayLimit.Seconds()))
	}
	switch jitter := r.text("JitterStrategy", optional); jitter {
	case "", "NONE":
	case "FULL":
		retrier.FullJitter = true
	default:
		r.problem("JitterStrategy is %q, want FULL or NONE", jitter)
	}
	r.text("Comment", optional)
	r.finish("Retry")
	return retrier
}

func parseCatcher(r *reader) Catcher {
	catcher := Catcher{ErrorEquals: r.errorEquals(), Next: r.text("Next", required), ResultPath: r.resultPath()}
	r.text("Comment", optional)
	r.finish("Catch")
	return catcher
}

func (r *reader) errorEquals() []string {
	v, _ := r.take("ErrorEquals")
	list, _ := v.([]any)
	var names []string
	for _, item := range list {
		if name, ok := item.(string); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 || len(names) != len(list) {
		r.problem("ErrorEquals wants an array of at least one error name")
	}
	return names
}

// checkWildcard checks that States.ALL is the only name of its ErrorEquals and that its entry is the last one.
func (r *reader) checkWildcard(where string, errorEquals []string, last bool) {
	if slices.Contains(errorEquals, ErrAll) && (len(errorEquals) > 1 || !last) {
		r.problem("%s: States.ALL must be the only name in its ErrorEquals, and its entry must be the last", where)
	}
}
