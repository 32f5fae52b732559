package cloudformation

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// form is a request. It records the members that an operation reads, so that checkUnread can reject the other members.
type form struct {
	values url.Values
	known  map[string]bool
}

// operation turns f into a query operation. f must call form.checkUnread before it changes anything.
func operation(f func(context.Context, *form) (any, error)) gateway.QueryOperation {
	return func(ctx context.Context, values url.Values) (any, error) {
		return f(ctx, &form{values: values, known: map[string]bool{"Action": true, "Version": true}})
	}
}

// text returns the value of a member, or an empty text when the request does not have it.
func (f *form) text(name string) string {
	f.known[name] = true
	return f.values.Get(name)
}

// required returns the value of a member. An absent or empty member is an error.
func (f *form) required(name string) (string, error) {
	text := f.text(name)
	if text == "" {
		return "", validation("%s must have a value", name)
	}
	return text, nil
}

// allowOnly accepts a member that is absent or has the given value, the only one that the engine implements.
func (f *form) allowOnly(name, value string) {
	if text := f.values.Get(name); text == "" || text == value {
		f.known[name] = true
	}
}

// list returns a list of texts. Clients send an empty list as the name without an index.
func (f *form) list(name string) []string {
	f.known[name] = true
	all := gateway.Members(f.values, name)
	for i := range all {
		f.known[fmt.Sprintf("%s.member.%d", name, i+1)] = true
	}
	return all
}

// allowEmpty accepts a list that has no elements.
func (f *form) allowEmpty(name string) { f.known[name] = true }

// objects returns a list of structures. Each has some of the given members.
func (f *form) objects(name string, members ...string) []map[string]string {
	f.known[name] = true
	var all []map[string]string
	for i := 1; ; i++ {
		object := map[string]string{}
		for _, member := range members {
			key := fmt.Sprintf("%s.member.%d.%s", name, i, member)
			if value, ok := f.values[key]; ok {
				object[member] = value[0]
				f.known[key] = true
			}
		}
		if len(object) == 0 {
			return all
		}
		all = append(all, object)
	}
}

// checkUnread returns an error that names a member of the request that the operation has not read.
func (f *form) checkUnread() error {
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if !f.known[name] {
			return gateway.NotImplemented(fmt.Sprintf("cloudformation:%s with %s=%s",
				f.values.Get("Action"), name, strings.Join(f.values[name], ",")))
		}
	}
	return nil
}
