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

// form is a request. It notes which members were read, so that what an operation does not know is refused by name.
type form struct {
	values url.Values
	known  map[string]bool
}

// operation makes a query operation of a function, which must call form.complete before it does anything.
func operation(f func(context.Context, *form) (any, error)) gateway.QueryOperation {
	return func(ctx context.Context, values url.Values) (any, error) {
		return f(ctx, &form{values: values, known: map[string]bool{"Action": true, "Version": true}})
	}
}

// text is a member's value, empty if the request does not have it.
func (f *form) text(name string) string {
	f.known[name] = true
	return f.values.Get(name)
}

// required is text, or an error if it is empty.
func (f *form) required(name string) (string, error) {
	text := f.text(name)
	if text == "" {
		return "", validation("%s must have a value", name)
	}
	return text, nil
}

// must accepts a member only if it is absent or has the one value that the engine implements.
func (f *form) must(name, value string) {
	if text := f.values.Get(name); text == "" || text == value {
		f.known[name] = true
	}
}

// list is a list of texts. An empty list is sent as the bare name.
func (f *form) list(name string) []string {
	f.known[name] = true
	all := gateway.Members(f.values, name)
	for i := range all {
		f.known[fmt.Sprintf("%s.member.%d", name, i+1)] = true
	}
	return all
}

// empty accepts a list only if it has nothing in it.
func (f *form) empty(name string) { f.known[name] = true }

// objects is a list of structures, each with some of the given members.
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

// complete refuses the request if it has a member that nobody read.
func (f *form) complete() error {
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if !f.known[name] {
			return gateway.NotImplemented(fmt.Sprintf("cloudformation:%s with %s=%s",
				f.values.Get("Action"), name, strings.Join(f.values[name], ",")))
		}
	}
	return nil
}
